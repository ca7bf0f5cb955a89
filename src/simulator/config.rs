//! The description of the organization to simulate, and of its difficult answers.
//!
//! Plain data: `seed` reads the sizes, `ops` the toggles, `throttle` the rates. Nothing here acts.

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};

/// The number of items of each kind on day 0. The awkward items are added to it, and a few of each kind are the minimum
/// (8 accounts, 9 OUs, 4 users, 4 groups, 3 permission sets, 4 pairs).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Accounts, the management account included.
    pub accounts: usize,
    /// OUs at any depth; the root is not counted.
    pub organizational_units: usize,
    /// Users of the identity store.
    pub users: usize,
    /// Groups of the identity store.
    pub groups: usize,
    /// (group, user) pairs, at most: no user is in a group twice.
    pub memberships: usize,
    /// Permission sets of the organization's instance.
    pub permission_sets: usize,
    /// Provisioned (account, permission set) pairs.
    pub pairs: usize,
    /// (account, permission set, principal) triples, on provisioned pairs.
    pub assignments: usize,
    /// Applications of the organization's instance, some of which come and go.
    pub applications: usize,
    /// Services in an access report (AWS lists about 455; <https://docs.aws.amazon.com/service-authorization/>).
    pub services: usize,
}

/// The AWS partition, which decides the prefix of every ARN and the existing Regions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Partition {
    /// `aws`, the commercial Regions.
    Aws,
    /// `aws-cn`, the Regions in China.
    China,
    /// `aws-us-gov`, the AWS GovCloud (US) Regions.
    GovCloud,
}

impl Partition {
    /// Returns the second part of an ARN.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::China => "aws-cn",
            Self::GovCloud => "aws-us-gov",
        }
    }

    /// Returns the Regions in which the partition's accounts are active.
    pub(super) fn regions(self) -> &'static [&'static str] {
        match self {
            Self::Aws => &["us-east-1", "eu-west-1", "eu-central-1", "us-west-2", "ap-southeast-2"],
            Self::China => &["cn-north-1", "cn-northwest-1"],
            Self::GovCloud => &["us-gov-west-1", "us-gov-east-1"],
        }
    }
}

/// The account of the caller's credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// Reads everything.
    ManagementAccount,
    /// Reads everything except ListAccountAssignmentsForPrincipal and the access report
    /// (<https://docs.aws.amazon.com/singlesignon/latest/userguide/delegated-admin.html>).
    DelegatedAdministrator,
    /// Sees that the organization and the instance exist. Every other call is denied, except on an account instance,
    /// which belongs to this account.
    MemberAccount,
}

/// The existing Identity Center instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instances {
    /// The usual one, owned by the management account.
    Organization,
    /// Only an instance of a member account: users and groups, but no permission sets.
    Account,
    /// Both, the account instance listed first.
    Several,
    /// No Identity Center at all: ListInstances answers with an empty list.
    None,
}

/// The calls per second that refill each bucket. A bucket holds `burst` seconds' worth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rates {
    /// The rate of all sso-admin operations together
    /// (<https://docs.aws.amazon.com/singlesignon/latest/userguide/limits.html>).
    pub sso_admin: f64,
    /// A rate that works in practice; AWS publishes none.
    pub identity_store: f64,
    /// The rate of each operation of Organizations
    /// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>).
    pub organizations_operation: f64,
    /// AWS publishes no rate.
    pub iam: f64,
    /// The size of a bucket, in seconds' worth of calls.
    pub burst: f64,
}

impl Default for Rates {
    fn default() -> Self {
        Self { sso_admin: 20.0, identity_store: 20.0, organizations_operation: 8.0, iam: 10.0, burst: 1.0 }
    }
}

impl Rates {
    /// Returns the same proportions, `factor` times as fast, for tests that must not take minutes.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        Self {
            sso_admin: self.sso_admin * factor,
            identity_store: self.identity_store * factor,
            organizations_operation: self.organizations_operation * factor,
            iam: self.iam * factor,
            burst: self.burst,
        }
    }
}

/// The whole description of a simulated organization. Start from a preset, and change fields.
#[derive(Debug, Clone)]
pub struct Config {
    /// The sizes on day 0, without the awkward extras.
    pub size: Size,
    /// The seed of everything generated.
    pub seed: u64,
    /// The time of day 0. Day n is n times 24 hours later.
    pub start: DateTime<Utc>,
    /// The number of change events per day.
    pub changes_per_day: usize,
    /// The prefix of every ARN, and the enabled Regions.
    pub partition: Partition,
    /// The Region of the instance.
    pub region: String,
    /// The Regions to which the instance was replicated. Permission sets cannot be read there.
    pub additional_regions: Vec<String>,
    /// The answer of ListInstances.
    pub instances: Instances,
    /// The caller, which decides the denied calls.
    pub caller: Caller,
    /// The external id that AssumeRole requires, if set.
    pub external_id: Option<String>,
    /// The minimum duration of each call.
    pub latency: Duration,
    /// The rates; `None` never throttles. `Simulator::set_throttling` changes them while it serves.
    pub throttling: Option<Rates>,
    /// True if the data contains one odd item of each kind (see `seed::awkward`).
    pub awkward: bool,
    /// True if Organizations occasionally answers with an empty page that has a token.
    pub empty_pages: bool,
    /// True if an empty list is sent. Otherwise it is omitted where the API's model allows that.
    pub empty_lists: bool,
    /// True if ListAccountAssignmentsForPrincipal includes the rows of a user's groups in the user's answer, as
    /// documented.
    pub repeats_groups: bool,
    /// The number of provisioned pairs without assignments, if there are fewer assignments than pairs.
    pub unassigned_pairs: usize,
    /// The day from which one permission set is in no listing, and a tenth of the assigned pairs are in no listing of
    /// provisioned pairs. Their assignments are still returned when requested.
    pub half_deleted_since: Option<u32>,
    /// The largest size of any page, below the requested one, as AWS reserves the right to do.
    pub short_pages: Option<usize>,
    /// True if accounts and OUs have their paths (as since 2026).
    pub paths: bool,
    /// True if accounts have `State`.
    pub account_state: bool,
    /// True if accounts have the retired `Status`.
    pub account_status: bool,
    /// The number of service control policies beyond those of the tree. Each is attached to an OU.
    pub more_policies: usize,
    /// The number of IAM roles of each account beyond the usual ones, alike in all accounts as a landing zone makes them.
    pub more_roles: usize,
    /// True if service control policies are enabled on the root, as the access report requires.
    pub service_control_policies: bool,
    /// False for an organization with consolidated billing only.
    pub all_features: bool,
    /// True for a directory by legacy AD sync, which cannot be listed. Principals cannot be described either, unless
    /// `legacy_describes`.
    pub legacy_directory: bool,
    /// True if single principals of such a directory can be described.
    pub legacy_describes: bool,
    /// False if the caller's account is in no organization.
    pub in_organization: bool,
    /// True if some users have the enterprise extension (sent only on request).
    pub extensions: bool,
    /// The time for which an access report job stays in progress.
    pub access_report_duration: Duration,
    /// The time within which the same request gets the same access report job.
    pub access_report_reuse: Duration,
}

impl Default for Config {
    /// Returns an organization of 25 accounts with all of the awkward data, without throttling, and with short pages,
    /// so that every listing has several.
    fn default() -> Self {
        Self {
            size: Size {
                accounts: 25,
                organizational_units: 9,
                users: 60,
                groups: 12,
                memberships: 180,
                permission_sets: 12,
                pairs: 130,
                assignments: 230,
                applications: 24,
                services: 24,
            },
            seed: 1,
            start: Utc.with_ymd_and_hms(2026, 3, 1, 6, 0, 0).single().expect("a valid constant date"),
            changes_per_day: 6,
            partition: Partition::Aws,
            region: "us-east-1".to_owned(),
            additional_regions: Vec::new(),
            instances: Instances::Organization,
            caller: Caller::ManagementAccount,
            external_id: None,
            latency: Duration::ZERO,
            throttling: None,
            awkward: true,
            empty_pages: true,
            empty_lists: true,
            repeats_groups: true,
            unassigned_pairs: 0,
            half_deleted_since: None,
            short_pages: Some(20),
            paths: true,
            account_state: true,
            account_status: true,
            more_policies: 0,
            more_roles: 0,
            service_control_policies: true,
            all_features: true,
            legacy_directory: false,
            legacy_describes: false,
            in_organization: true,
            extensions: true,
            access_report_duration: Duration::from_millis(20),
            access_report_reuse: Duration::from_secs(60),
        }
    }
}

impl Config {
    /// Returns a company of 60 accounts and 150 people, with a quarter of changes for a tour.
    pub fn demo() -> Self {
        Self::sized(
            Size {
                accounts: 60,
                organizational_units: 18,
                users: 150,
                groups: 28,
                memberships: 520,
                permission_sets: 22,
                pairs: 420,
                assignments: 640,
                applications: 18,
                services: 40,
            },
            2,
        )
    }

    /// Returns an organization of 100 accounts, 40 permission sets, 400 users, 60 groups, 40 applications.
    pub fn small() -> Self {
        Self::sized(
            Size {
                accounts: 100,
                organizational_units: 24,
                users: 400,
                groups: 60,
                memberships: 1_600,
                permission_sets: 40,
                pairs: 1_200,
                assignments: 2_400,
                applications: 40,
                services: 40,
            },
            12,
        )
    }

    /// Returns an organization of 1,000 accounts, 150 permission sets, 5,000 users, 500 groups, 20,000 pairs.
    pub fn medium() -> Self {
        Self::sized(
            Size {
                accounts: 1_000,
                organizational_units: 120,
                users: 5_000,
                groups: 500,
                memberships: 25_000,
                permission_sets: 150,
                pairs: 20_000,
                assignments: 60_000,
                applications: 300,
                services: 60,
            },
            60,
        )
    }

    /// Returns an organization of 5,000 accounts, 500 permission sets, 50,000 users, 3,000 groups, 100,000 pairs,
    /// 500,000 assignments.
    pub fn large() -> Self {
        Self::sized(
            Size {
                accounts: 5_000,
                organizational_units: 400,
                users: 50_000,
                groups: 3_000,
                memberships: 250_000,
                permission_sets: 500,
                pairs: 100_000,
                assignments: 500_000,
                applications: 2_000,
                services: 60,
            },
            400,
        )
    }

    fn sized(size: Size, changes_per_day: usize) -> Self {
        Self { size, changes_per_day, short_pages: None, ..Self::default() }
    }
}
