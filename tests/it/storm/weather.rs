//! The faults of a chapter: a random mix.

use fastrand::Rng;
use orgcensus::simulator::{Action, Fault};

/// The operations of a collection.
const OPERATIONS: &[&str] = &[
    "sts:GetCallerIdentity",
    "organizations:DescribeOrganization",
    "organizations:ListRoots",
    "organizations:ListOrganizationalUnitsForParent",
    "organizations:ListAccounts",
    "organizations:ListAccountsForParent",
    "organizations:ListTagsForResource",
    "identitystore:ListUsers",
    "identitystore:ListGroups",
    "identitystore:ListGroupMemberships",
    "sso-admin:ListInstances",
    "sso-admin:ListPermissionSets",
    "sso-admin:DescribePermissionSet",
    "sso-admin:GetInlinePolicyForPermissionSet",
    "sso-admin:GetPermissionsBoundaryForPermissionSet",
    "sso-admin:ListManagedPoliciesInPermissionSet",
    "sso-admin:ListCustomerManagedPolicyReferencesInPermissionSet",
    "sso-admin:ListTagsForResource",
    "sso-admin:ListAccountsForProvisionedPermissionSet",
    "sso-admin:ListAccountAssignments",
    "sso-admin:ListAccountAssignmentsForPrincipal",
    "iam:GenerateOrganizationsAccessReport",
    "iam:GetOrganizationsAccessReport",
];
const SERVICES: &[&str] = &["sso-admin:*", "identitystore:*", "organizations:*", "iam:*", "*"];
/// The listings whose answer always has its list, so that one without it is never trusted.
const ALWAYS_LISTS: &[&str] = &[
    "identitystore:ListUsers",
    "identitystore:ListGroups",
    "identitystore:ListGroupMemberships",
    "organizations:ListRoots",
    "organizations:ListAccounts",
    "iam:GetOrganizationsAccessReport",
];
const KMS_REASONS: &[&str] =
    &["KMS_AccessDeniedException", "KMS_AccessDenied", "KMS_DisabledException", "KMS_NotFoundException"];
/// The failures of an access report's job.
const REPORT_FAILURES: &[&str] =
    &["ORGANIZATIONS_REPORT_ACCESS_DENIED", "ORGANIZATIONS_POLICY_UNAVAILABLE", "INTERNAL_ERROR"];

/// The faults of a chapter.
#[derive(Debug, Default)]
pub struct Weather {
    pub faults: Vec<Fault>,
    /// A storm over all calls: its seed, its rate, its actions.
    pub storm: Option<(u64, f64, Vec<Action>)>,
    /// True if a retry succeeds, so that nothing may be missing.
    pub passes: bool,
}

impl Weather {
    /// Draws the faults. `ids` are ids that requests may name.
    pub fn draw(random: &mut Rng, ids: &[String]) -> Self {
        let mut weather = Self { passes: true, ..Self::default() };
        match random.u32(..100) {
            0..12 => {}
            12..30 => (0..random.usize(1..5)).for_each(|_| weather.blip(random)),
            30..42 => weather.storm(random),
            _ => {
                for _ in 0..random.usize(1..4) {
                    match random.u32(..10) {
                        0..4 => weather.refusal(random, ids),
                        4..6 => weather.outage(random, ids),
                        6..8 => weather.broken_listing(random, ids),
                        8 => weather.vanished(random, ids),
                        _ => weather.blip(random),
                    }
                }
                if random.u32(..10) == 0 {
                    weather.credentials_end(random);
                }
                if random.u32(..8) == 0 {
                    weather.storm(random);
                }
            }
        }
        weather
    }

    /// Adds a fault that disappears after one or two attempts.
    fn blip(&mut self, random: &mut Rng) {
        let action = passing(random);
        let operations = if action == Action::MissingListKey { ALWAYS_LISTS } else { OPERATIONS };
        let operation = pick(random, operations);
        let is_once = matches!(action, Action::Hang | Action::MissingListKey);
        let times = if is_once { 1 } else { random.usize(1..3) };
        self.faults.push(Fault::on(operation, action).from_call(random.usize(1..8)).times(times));
    }

    fn storm(&mut self, random: &mut Rng) {
        let mut actions: Vec<Action> = (0..random.usize(1..6)).map(|_| passing(random)).collect();
        // A missing answer costs its whole time limit, and a list that is missing twice is trusted.
        actions.retain(|action| !matches!(action, Action::Hang | Action::MissingListKey));
        actions.push(Action::Status(500));
        self.storm = Some((random.u64(..), 0.01 + random.f64() * 0.12, actions));
    }

    fn refusal(&mut self, random: &mut Rng, ids: &[String]) {
        let reason = pick(random, KMS_REASONS).to_owned();
        let action = match random.u32(..8) {
            0..2 => Action::Denied { kms_reason: Some(reason) },
            2 => Action::KeyNotFound { kms_reason: reason },
            _ => Action::Denied { kms_reason: None },
        };
        let fault = self.aimed(random, ids, action);
        let fault = if random.u32(..3) == 0 { fault.times(random.usize(1..9)) } else { fault };
        self.lasting(fault);
    }

    fn outage(&mut self, random: &mut Rng, ids: &[String]) {
        let action = match random.u32(..10) {
            0..3 => Action::Status(503),
            3..5 => Action::Status(500),
            5 => Action::Html500,
            6 => Action::Reset,
            7 => Action::MalformedBody,
            8 => Action::TruncatedBody,
            _ => Action::Hang,
        };
        let fault = match action {
            Action::Hang => Fault::on(pick(random, OPERATIONS), action).times(random.usize(1..12)),
            action => self.aimed(random, ids, action),
        };
        let fault = if random.bool() { fault.times(random.usize(1..60)) } else { fault };
        self.lasting(fault);
    }

    fn broken_listing(&mut self, random: &mut Rng, ids: &[String]) {
        let fault = match random.u32(..8) {
            0 => self.aimed(random, ids, Action::RepeatToken),
            1 => self.aimed(random, ids, Action::ExpiredToken),
            2 => self.aimed(random, ids, Action::EmptyPageWithToken),
            3 => self.aimed(random, ids, Action::DuplicateItems),
            4 => Fault::on(pick(random, ALWAYS_LISTS), Action::MissingListKey),
            5 => Fault::on("iam:*", Action::FailedReport(pick(random, REPORT_FAILURES))),
            6 => Fault::on("iam:*", Action::ReportInProgress).times(random.usize(1..6)),
            _ => Fault::on(pick(random, OPERATIONS), Action::Throttle { retry_after_seconds: None })
                .times(random.usize(5..40)),
        };
        let fault = if random.bool() { fault.times(random.usize(1..6)) } else { fault };
        self.lasting(fault);
    }

    /// Adds a fault in which AWS denies the existence of an entity that exists.
    fn vanished(&mut self, random: &mut Rng, ids: &[String]) {
        let fault = if ids.is_empty() || random.u32(..3) == 0 {
            Fault::on(pick(random, OPERATIONS), Action::NotFound).from_call(random.usize(1..12)).times(1)
        } else {
            let id = &ids[random.usize(..ids.len())];
            Fault::on("*", Action::NotFound).containing(id).from_call(random.usize(1..3))
        };
        self.lasting(fault);
    }

    fn credentials_end(&mut self, random: &mut Rng) {
        let fault = Fault::on("*", Action::ExpiredCredentials).from_call(random.usize(1..200));
        self.lasting(if random.bool() { fault.times(1) } else { fault });
    }

    /// Returns a fault of one operation, of a service, or of requests that name one entity.
    fn aimed(&mut self, random: &mut Rng, ids: &[String], action: Action) -> Fault {
        match random.u32(..8) {
            0 => Fault::on(pick(random, SERVICES), action).from_call(random.usize(1..60)),
            1..4 if !ids.is_empty() => Fault::on("*", action).containing(&ids[random.usize(..ids.len())]),
            _ => Fault::on(pick(random, OPERATIONS), action).from_call(random.usize(1..4)),
        }
    }

    fn lasting(&mut self, fault: Fault) {
        self.faults.push(fault);
        self.passes = false;
    }
}

fn passing(random: &mut Rng) -> Action {
    match random.u32(..22) {
        0..4 => Action::Throttle { retry_after_seconds: None },
        4 => Action::Throttle { retry_after_seconds: Some(1) },
        5..7 => Action::Status(500),
        7..9 => Action::Status(503),
        9..11 => Action::Html500,
        11..13 => Action::Reset,
        13..15 => Action::TruncatedBody,
        15..17 => Action::MalformedBody,
        17 => Action::EmptyPageWithToken,
        18 => Action::DuplicateItems,
        19 => Action::Hang,
        _ => Action::MissingListKey,
    }
}

pub fn pick(random: &mut Rng, of: &[&'static str]) -> &'static str {
    of[random.usize(..of.len())]
}
