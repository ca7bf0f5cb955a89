//! `collect`: takes a snapshot of the organization.

use std::time::Duration;

use clap::Args;

mod machine;
mod summary;

use super::progress::Printer;
use super::{GlobalOptions, duration, runtime};
use crate::aws::{ConnectionOptions, PaceOptions, RetryPolicy, ServiceRate};
use crate::collect::{
    AccountsAsked, IamAccounts, Place, ReportDepth, ReportPolicies, RoleName, RunOptions, Selection,
    StrategyChoice, TakeOptions, Taken, take, was_wanted,
};
use crate::error::{Error, ExitStatus, Result};
use crate::model::{self, RESOURCES, ResourceGroup};
use crate::output::{Destination, Format, stderr};
use crate::signals::interrupted;
use crate::store::{ActivityStep, Coverage, CoverageStatus, Gap, ShrinkLimit, SnapshotStatus, check_label};
pub(super) use summary::doubled_in_words;

/// The arguments of `collect`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus collect                               a snapshot of everything
  orgcensus collect --profile audit --share 50    leave half to others
  orgcensus collect --only group_memberships      it, and what it needs
  orgcensus collect --skip @policies              all but a group of resources
  orgcensus collect --access-report accounts --access-report-budget 2h
  orgcensus collect --access-report-policies attached
  orgcensus collect --dry-run                     count and estimate only
  orgcensus collect --format json --quiet         a summary for programs
  orgcensus collect --quiet --print-hash          for a nightly job: warnings
                                                  and the hash

It only reads AWS: it creates, assigns and deletes nothing. A call that fails is recorded as a gap: what it \
would have shown is carried forward as unknown, never as removed, and the exit code is 4. When it is interrupted (exit \
code 130), or the credentials expire, the network is lost, the disk is full or another program locks the database \
(exit code 5), it keeps what it has, and the same command resumes it.")]
pub struct CollectArgs {
    #[command(flatten)]
    pub selection: SelectionArgs,

    /// The Identity Center instance, where several are visible
    #[arg(long, value_name = "ARN", help_heading = "What to collect")]
    instance_arn: Option<String>,

    /// Exit with 4 unless all that was asked for of this resource, or group such as @policies, was seen; repeatable, or
    /// several with commas between them
    #[arg(long, value_name = "RES", value_delimiter = ',', help_heading = "What to collect")]
    require: Vec<String>,

    /// Mark the snapshot suspect (exit 4) where a resource of over 20 rows loses more than this percentage of
    /// them; 100 turns it off
    #[arg(
        long,
        value_name = "PERCENT",
        default_value_t = 50,
        value_parser = clap::value_parser!(u8).range(0..=100),
        help_heading = "What to collect"
    )]
    shrink_limit: u8,

    /// Store a newer last use of an IAM role or credential only if it is newer by this many days; 0 stores each one
    #[arg(
        long,
        value_name = "DAYS",
        default_value_t = 7,
        value_parser = clap::value_parser!(u16).range(0..=400),
        help_heading = "What to collect"
    )]
    activity_step: u16,

    /// List every pair of account and permission set again where that was last done longer ago than this, however
    /// long it takes. Only this listing shows all assignments of deleted users and groups. By default it is done
    /// every 30 days, if it takes no more than 30 minutes
    #[arg(long, value_name = "DURATION", value_parser = duration, help_heading = "What to collect")]
    full_every: Option<Duration>,

    /// A note to keep with the snapshot
    #[arg(long, value_name = "TEXT", help_heading = "What to collect")]
    label: Option<String>,

    /// How long to wait for access reports (2 to 11 seconds each); the stalest come first
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "10m",
        value_parser = duration,
        help_heading = "What to collect"
    )]
    access_report_budget: Duration,

    /// How long to read how applications are set up: their grants, access scopes, authentication methods and tags
    /// (four calls each, after the assignments); the stalest come first
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "2m",
        value_parser = duration,
        help_heading = "What to collect"
    )]
    applications_budget: Duration,

    /// How long to read the documents, targets and tags of organization policies, beside everything else. They
    /// continue in any case while other calls are made; with 0s, they stop when those end. The stalest come first
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "1m",
        value_parser = duration,
        help_heading = "What to collect"
    )]
    policies_budget: Duration,

    /// Calls a second for a service (sso-admin, identitystore, organizations, iam), or auto to probe for a
    /// raised quota
    #[arg(long, value_name = "SERVICE=TPS|auto", help_heading = "Pace")]
    rate: Vec<ServiceRate>,

    /// The percentage of each quota to use: other tools share the same quotas
    #[arg(
        long,
        value_name = "PERCENT",
        value_parser = percent,
        help_heading = "Pace"
    )]
    share: Option<u8>,

    /// Resume an unfinished collection if its last step is at most this old
    #[arg(
        long,
        value_name = "DURATION",
        default_value = "6h",
        value_parser = duration,
        help_heading = "Resuming"
    )]
    resume_within: Duration,

    /// Discard an unfinished collection instead of resuming it
    #[arg(long, help_heading = "Resuming")]
    restart: bool,

    /// Count and estimate; write nothing
    #[arg(long)]
    dry_run: bool,

    /// Print the snapshot's hash, and nothing else, to standard output; with --quiet too
    #[arg(long, conflicts_with = "dry_run", help_heading = "Output")]
    print_hash: bool,

    /// By how much to shorten every wait for AWS: for tests, whose AWS is a simulator
    #[arg(
        long,
        hide = true,
        env = "ORGCENSUS_HASTE",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=100)
    )]
    haste: u32,
}

/// Which resources are asked for: shared with `iam-policy`, which prints what they need.
#[derive(Debug, Args)]
pub struct SelectionArgs {
    /// Collect only this resource, or group such as @policies, and what it needs.
    #[arg(
        long,
        value_name = "RES",
        value_delimiter = ',',
        help = format!(
            "Collect only this resource, or group such as @policies, and what it needs; repeatable, or several with \
             commas between them. The groups are {}; the resources are {}",
            ResourceGroup::names(),
            model::names()
        ),
        help_heading = "What to collect"
    )]
    only: Vec<String>,

    /// Leave out this resource, or group such as @policies, and whatever needs it; repeatable, or several with commas
    /// between them
    #[arg(long, value_name = "RES", value_delimiter = ',', help_heading = "What to collect")]
    skip: Vec<String>,

    /// How deep access reports (services last accessed) go
    #[arg(long, value_name = "DEPTH", value_enum, default_value = "ous", help_heading = "What to collect")]
    access_report: ReportDepth,

    /// Take access reports by service control policy too, at the root: of those that are attached to anything, of all, or
    /// of some by their ids, with commas between them. With --access-report accounts also at each target
    #[arg(long, value_name = "attached|all|ID,…", help_heading = "What to collect")]
    access_report_policies: Option<ReportPolicies>,

    /// Whose IAM to read: users, their credentials, groups, roles and policies that an account has itself
    #[arg(
        long,
        value_name = "WHOSE",
        value_enum,
        default_value = "caller",
        help_heading = "What to collect"
    )]
    iam: IamAccounts,

    /// Read the IAM of every active account too, by assuming the role of this name in each; in the account of the
    /// credentials itself none is assumed. Each session may only read, whatever the role may do
    #[arg(long, value_name = "NAME", help_heading = "What to collect")]
    iam_role: Option<RoleName>,

    /// Limit --iam-role to these accounts, and to the accounts under these OUs: ids, with commas between them
    #[arg(
        long,
        value_name = "ID,…",
        value_delimiter = ',',
        requires = "iam_role",
        help_heading = "What to collect"
    )]
    iam_accounts: Vec<Place>,

    /// How to list assignments
    #[arg(
        long,
        value_name = "STRATEGY",
        value_enum,
        default_value = "auto",
        help_heading = "What to collect"
    )]
    assignments: StrategyChoice,
}

impl SelectionArgs {
    /// Returns the selection of resources from these options.
    pub fn selection(&self) -> Result<Selection> {
        let mut skip = self.skip.clone();
        if self.iam == IamAccounts::None {
            skip.push(ResourceGroup::Iam.as_str().to_owned());
        }
        let selection = Selection::new(&self.only, &skip, self.access_report, self.assignments)?;
        let selection =
            selection.with_reports_by(self.access_report_policies.clone().unwrap_or_default(), &skip)?;
        match &self.iam_role {
            Some(role) => selection
                .in_accounts(AccountsAsked::ByRole { role: role.clone(), places: self.iam_accounts.clone() }),
            None => Ok(selection),
        }
    }
}

/// Returns the command line with the names of resources and groups as possible values, for shell completion. A run does
/// not use them as possible values, because the program's own error suggests the nearest name.
pub(super) fn with_names(command: clap::Command) -> clap::Command {
    let groups = || ResourceGroup::ALL.iter().map(|group| group.as_str());
    let names: Vec<&str> = groups().chain(RESOURCES.iter().map(|spec| spec.name)).collect();
    command.mut_args(|argument| match argument.get_id().as_str() {
        "only" | "skip" | "require" => argument.value_parser(names.clone()),
        _ => argument,
    })
}

/// Parses `50` or `50%`.
fn percent(typed: &str) -> Result<u8, String> {
    let number = typed.trim().trim_end_matches('%').parse().ok();
    number.filter(|percent| (1..=100).contains(percent)).ok_or_else(|| "give 1 to 100".to_owned())
}

/// Takes a snapshot, and reports a summary.
pub fn run(args: CollectArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let for_machines = destination(&args, global)?;
    let for_hash = hash_destination(&args, for_machines.as_ref())?;
    let selection = args.selection.selection()?;
    let mut required = Vec::new();
    for name in &args.require {
        for spec in model::all_named(name)? {
            if !selection.has(spec.name) {
                return Err(Error::usage(format!(
                    "--require {}, but --only, --skip or --access-report leaves it out",
                    spec.name
                )));
            }
            required.push(spec.name);
        }
    }
    if let Some(label) = args.label.as_deref().filter(|label| check_label(label).is_err()) {
        stderr::warn(format!("{label:?} reads as an id or a time: --at label:{label} finds the snapshot"));
    }
    let options = TakeOptions {
        database: global.db.clone(),
        connection: ConnectionOptions {
            retry_policy: RetryPolicy::default().hurried(args.haste),
            ..connection(global, &args.rate, args.share)
        },
        selection: selection.requiring(required.iter().copied()),
        instance_arn: args.instance_arn,
        label: args.label,
        restart: args.restart,
        resume_within: args.resume_within,
        shrink_limit: ShrinkLimit(args.shrink_limit),
        activity_step: ActivityStep(args.activity_step),
        run: RunOptions {
            report_budget: args.access_report_budget,
            details_budget: args.applications_budget,
            policies_budget: args.policies_budget,
            dry_run: args.dry_run,
            full_every: args.full_every,
        },
        synthetic: false,
    };
    let mut printer = Printer::new(stderr::is_quiet());
    let taken = runtime()?.block_on(take(&options, &mut printer, interrupted()));
    printer.finish();
    match taken? {
        Taken::Counted => Ok(ExitStatus::Done),
        Taken::Stopped(error) => Err(error),
        Taken::Published(summary) => {
            summary::tell(&summary);
            let unmet = unmet(&required, &summary.coverage, &summary.gaps);
            summary::tell_end(&summary.published);
            if let Some(destination) = for_hash {
                summary::print_hash(&summary.published, destination)?;
            }
            let incomplete = summary.published.status == SnapshotStatus::Partial
                || summary.published.suspect.is_some()
                || !unmet.is_empty();
            let status = if incomplete { ExitStatus::Incomplete } else { ExitStatus::Done };
            match for_machines {
                Some(destination) => machine::write(&summary, &unmet, status, destination).map(|()| status),
                None => Ok(status),
            }
        }
    }
}

/// Opens the destination of the summary for programs before the first call; `None` if it was not requested.
fn destination(args: &CollectArgs, global: &GlobalOptions) -> Result<Option<Destination>> {
    if global.format.is_none() && global.output.is_none() {
        return Ok(None);
    }
    let destination = global.destination()?;
    match global.format_said(&destination)? {
        Some(Format::Json) if args.dry_run => {
            Err(Error::usage("a dry run has no summary: it publishes nothing")
                .hint("leave out --format: the forecast is text on standard error"))
        }
        Some(Format::Json) => Ok(Some(destination)),
        _ => Err(Error::usage("the summary of a collection for machines is one JSON object")
            .hint("give --format json, and --output FILE.json for a file")),
    }
}

/// Opens the destination of the hash alone before the first call; `None` if it was not requested.
fn hash_destination(args: &CollectArgs, for_machines: Option<&Destination>) -> Result<Option<Destination>> {
    if !args.print_hash {
        return Ok(None);
    }
    if for_machines.is_some_and(|summary| summary.path().is_none()) {
        return Err(Error::usage(
            "--print-hash and the JSON summary would both be written to standard output",
        )
        .hint("leave out --print-hash: the summary has the hash as snapshot_hash")
        .hint("or give the summary a file: --output FILE.json"));
    }
    let destination = Destination::standard()?;
    destination.require_open()?;
    Ok(Some(destination))
}

/// Returns the connection options: those that every command has, and the pace of this one.
pub(super) fn connection(
    global: &GlobalOptions,
    rates: &[ServiceRate],
    share: Option<u8>,
) -> ConnectionOptions {
    ConnectionOptions {
        profile: global.profile.clone(),
        region: global.region.clone(),
        assume_role: global.assume_role.clone(),
        external_id: global.external_id.clone(),
        pace: PaceOptions {
            rates: rates.iter().map(|ServiceRate(service, rate)| (*service, *rate)).collect(),
            share,
        },
        ..ConnectionOptions::default()
    }
}

/// Reports and returns the required resources that the snapshot does not cover as far as the flags request.
fn unmet(required: &[&str], coverage: &[Coverage], gaps: &[Gap]) -> Vec<String> {
    let is_met = |covered: &Coverage| match covered.status {
        CoverageStatus::Complete => true,
        CoverageStatus::Limited => {
            !gaps.iter().any(|gap| gap.resource == covered.resource && was_wanted(gap))
        }
        CoverageStatus::Partial | CoverageStatus::NotCollected | CoverageStatus::Unavailable => false,
    };
    let is_required = |covered: &&Coverage| required.contains(&covered.resource.as_str());
    let unmet: Vec<_> = coverage.iter().filter(is_required).filter(|covered| !is_met(covered)).collect();
    for covered in &unmet {
        let reason = covered.reason.as_deref().unwrap_or("no reason given");
        let limits = covered.limits().map(|limits| format!("{limits}: ")).unwrap_or_default();
        stderr::warn(format!("--require {}: not completely covered ({limits}{reason})", covered.resource));
    }
    unmet.into_iter().map(|covered| covered.resource.clone()).collect()
}
