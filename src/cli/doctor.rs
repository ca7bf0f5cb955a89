//! `doctor`: who am I, until when, what can these credentials see, and what is missing?

use clap::Args;
use rusqlite::types::Value;

use super::{GlobalOptions, runtime};
use crate::collect::{Preflight, ReportDepth, Seen, Selection, StrategyChoice, examine};
use crate::error::{ExitStatus, Result};
use crate::output::{Format, RowWriter, words};

/// The arguments of `doctor`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus doctor
  orgcensus doctor --profile audit
  orgcensus doctor --assume-role arn:aws:iam::111122223333:role/Census --external-id 42

It sends one cheap read for each operation that collect uses, and writes nothing. Exit code 0: everything
can be seen; 1: something cannot, and the table says which action or setting is missing.")]
pub struct DoctorArgs {
    /// The Identity Center instance, where several are visible
    #[arg(long, value_name = "ARN")]
    instance_arn: Option<String>,
}

/// Finds out, and prints a row for each operation.
pub fn run(args: DoctorArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let selection = Selection::new(&[], &[], ReportDepth::Ous, StrategyChoice::Auto)?;
    let connection = super::collect::connection(global, &[], None);
    let (preflight, findings) = runtime()?.block_on(async {
        let preflight = Preflight::run(&connection, &selection, args.instance_arn.as_deref()).await?;
        let findings = examine(&preflight.context).await;
        Ok::<_, crate::error::Error>((preflight, findings))
    })?;
    introduce(&preflight);
    let format = global.format_for(&destination, Format::Table)?;
    let columns = ["operation", "needed_for", "seen", "missing"].map(str::to_owned);
    let mut writer = RowWriter::begin(format, &columns, &mut destination)?;
    for finding in &findings {
        let (seen, missing) = match &finding.seen {
            Seen::Yes => ("yes", None),
            Seen::NotTried(reason) => ("not tried", Some(reason.clone())),
            Seen::Unavailable(reason) => ("unavailable", Some(reason.clone())),
            Seen::No(reason) => ("no", Some(reason.clone())),
        };
        writer.values(&[
            Value::Text(finding.operation.to_string()),
            Value::Text(finding.resources.join(", ")),
            Value::Text(seen.to_owned()),
            missing.map_or(Value::Null, Value::Text),
        ])?;
    }
    writer.finish()?;
    destination.finish()?;
    let unseen = findings.iter().filter(|finding| matches!(finding.seen, Seen::No(_))).count();
    if unseen == 0 {
        let untried = findings.iter().filter(|finding| matches!(finding.seen, Seen::NotTried(_))).count();
        words::say(format!(
            "everything that was tried can be seen ({} of {} operations; {untried} were not tried)",
            findings.len() - untried,
            findings.len()
        ));
        return Ok(ExitStatus::Done);
    }
    words::warn(format!(
        "{unseen} of {} operations cannot be used; orgcensus iam-policy prints the policy that allows them",
        findings.len()
    ));
    Ok(ExitStatus::Failed)
}

fn introduce(preflight: &Preflight) {
    let context = &preflight.context;
    let unknown = || "not known".to_owned();
    let caller = context.caller.as_ref().and_then(|caller| caller.arn.clone()).unwrap_or_else(unknown);
    words::say(format!("caller        {caller}"));
    words::say(format!("credentials   {}", context.credentials.describe()));
    let organization = match &context.organization {
        Some(organization) => {
            let account = match context.is_management_account() {
                Some(true) => "these credentials are in the management account",
                Some(false) => {
                    "these credentials are not in the management account: assignments are listed by pairs, and there is no access report"
                }
                None => "the management account is not known",
            };
            format!("{} ({account})", organization.organization_id)
        }
        None => unknown(),
    };
    words::say(format!("organization  {organization}"));
    if let Some(instance) = &context.instance {
        words::say(format!("instance      {} in {}", instance.instance_arn, instance.region));
    }
    for remark in &preflight.remarks {
        words::warn(remark);
    }
}
