//! The credential report of the account that is asked
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html>).

use super::Context;
use super::account_iam::own_account;
use crate::simulator::organization::{Millis, ReportLine, rfc3339};
use crate::simulator::protocol::{ApiError, element};

pub(super) fn generate(context: &Context) -> Result<String, ApiError> {
    let state = context.credential_reports.generate(own_account(context)?, context.world.day);
    let mut xml = String::new();
    element(&mut xml, "State", state);
    if state == "STARTED" {
        element(&mut xml, "Description", "No report exists. Starting a new report generation task");
    }
    Ok(xml)
}

pub(super) fn get(context: &Context) -> Result<String, ApiError> {
    let (account, world) = (own_account(context)?, context.world);
    context.credential_reports.read(account, world.day)?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for (at, line) in world.credential_report(account).iter().enumerate() {
        let columns = columns(line);
        if at == 0 {
            writer
                .write_record(columns.iter().map(|(name, _)| name))
                .expect("a vector takes all that is written");
        }
        writer
            .write_record(columns.iter().map(|(_, value)| value))
            .expect("a vector takes all that is written");
    }
    let content = writer.into_inner().expect("a vector takes all that is written");
    let mut xml = String::new();
    element(&mut xml, "Content", aws_smithy_types::base64::encode(content));
    element(&mut xml, "ReportFormat", "text/csv");
    element(&mut xml, "GeneratedTime", rfc3339(world.credential_report_made_at()));
    Ok(xml)
}

/// The columns of a line, in AWS's order, and one that is newer than what is known of the report.
fn columns(line: &ReportLine) -> Vec<(String, String)> {
    let mut columns = Vec::new();
    let mut add = |name: &str, value: String| columns.push((name.to_owned(), value));
    let date = |at: Millis| rfc3339(at).replace('Z', "+00:00");
    let or = |at: Option<Millis>, word: &str| at.map_or(word.to_owned(), date);
    let held = &line.credentials;
    let password = held.password.as_ref();
    let not_of_root = |word: &str| if line.is_root { "not_supported".to_owned() } else { word.to_owned() };
    add("user", line.user_name.clone());
    add("arn", line.arn.clone());
    add("user_creation_time", date(line.created_at));
    add("password_enabled", not_of_root(if password.is_some() { "true" } else { "false" }));
    let unused = if password.is_some() { "no_information" } else { "N/A" };
    add("password_last_used", or(password.and_then(|password| password.last_used), unused));
    let changed = password.filter(|_| !line.is_root).map(|password| password.changed_at);
    add("password_last_changed", or(changed, &not_of_root("N/A")));
    add(
        "password_next_rotation",
        or(password.and_then(|password| password.next_rotation), &not_of_root("N/A")),
    );
    add("mfa_active", (!held.mfa_devices.is_empty()).to_string());
    for number in 0..2 {
        let (key, name) = (held.access_keys.get(number), format!("access_key_{}", number + 1));
        let used = key.and_then(|key| key.last_used);
        add(&format!("{name}_active"), key.is_some_and(|key| key.active).to_string());
        add(&format!("{name}_last_rotated"), or(key.map(|key| key.created_at), "N/A"));
        add(&format!("{name}_last_used_date"), or(used.map(|(at, ..)| at), "N/A"));
        add(&format!("{name}_last_used_region"), used.map_or("N/A", |(_, region, _)| region).to_owned());
        add(&format!("{name}_last_used_service"), used.map_or("N/A", |(.., service)| service).to_owned());
    }
    for number in 0..2 {
        let (certificate, name) = (held.certificates.get(number), format!("cert_{}", number + 1));
        add(&format!("{name}_active"), certificate.is_some_and(|(_, active, _)| *active).to_string());
        add(&format!("{name}_last_rotated"), or(certificate.map(|(.., at)| *at), "N/A"));
    }
    add("additional_credentials_info", line.additional_info().unwrap_or_default());
    add("passkeys", line.passkeys());
    columns
}
