//! What an answer is narrowed to: the names, paths and tags that were typed, and the ids that they mean.
//!
//! A name means the thing of that name in either snapshot, for it may be gone in one, or made again under another id;
//! a name that none knows is an error. What is in an OU, tagged or privileged is asked anew for every pair of
//! snapshots: it changes too.

use std::collections::HashSet;

use clap::Args;
use rusqlite::{Connection, Params};

use crate::diff::filter::{Subject, SubjectKind};
use crate::error::{Error, ErrorKind, Result};
use crate::nearest::did_you_mean;
use crate::query::{ParameterType, resolve_id};
use crate::store::{Census, CoverageStatus, Snapshot};

/// The arguments that narrow an answer.
#[derive(Debug, Args)]
pub struct NarrowingArgs {
    /// Show only what concerns this account: an id or a name
    #[arg(long, value_name = "ACCOUNT", help_heading = "What to show")]
    account: Option<String>,

    /// Show only what concerns the accounts beneath this OU: an id, a name or a path such as /Workloads/Prod
    #[arg(long, value_name = "PATH", help_heading = "What to show")]
    ou: Option<String>,

    /// Show only what concerns accounts or permission sets with this tag
    #[arg(long, value_name = "KEY=VALUE", value_parser = tag, help_heading = "What to show")]
    tag: Option<Tag>,

    /// Show only what concerns this user: an id, a name or an e-mail address
    #[arg(long, value_name = "USER", help_heading = "What to show")]
    user: Option<String>,

    /// Show only what concerns this group, and access through it: an id or a name
    #[arg(long, value_name = "GROUP", help_heading = "What to show")]
    group: Option<String>,

    /// Show only what concerns this permission set: an ARN or a name
    #[arg(long, value_name = "SET", help_heading = "What to show")]
    permission_set: Option<String>,

    /// Show only what concerns permission sets with power over identities or everything, before or after
    #[arg(long, help_heading = "What to show")]
    privileged: bool,
}

/// A tag as it was typed.
#[derive(Debug, Clone)]
struct Tag {
    key: String,
    value: String,
}

fn tag(typed: &str) -> Result<Tag, String> {
    let (key, value) = typed.split_once('=').ok_or("a tag reads KEY=VALUE")?;
    Ok(Tag { key: key.to_owned(), value: value.to_owned() })
}

impl NarrowingArgs {
    /// The options as they are typed, each after a space.
    pub fn typed(&self) -> String {
        let tag = self.tag.as_ref().map(|tag| format!("{}={}", tag.key, tag.value));
        let options: String = [
            ("--account", &self.account),
            ("--ou", &self.ou),
            ("--tag", &tag),
            ("--user", &self.user),
            ("--group", &self.group),
            ("--permission-set", &self.permission_set),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some(format!(" {option} {}", quoted(value.as_deref()?))))
        .collect();
        options + if self.privileged { " --privileged" } else { "" }
    }
}

/// What an answer is narrowed to.
#[derive(Debug)]
pub struct Narrowing {
    /// What was named: the same for every pair of snapshots.
    named: Vec<Subject>,
    /// The ids of an OU.
    ou: Option<HashSet<String>>,
    tag: Option<Tag>,
    privileged: bool,
}

impl Narrowing {
    /// Looks up what was typed, in these snapshots.
    pub fn new(args: &NarrowingArgs, census: &mut Census, snapshots: &[Snapshot]) -> Result<Self> {
        let mut named = Vec::new();
        for (kind, parameter, typed) in [
            (SubjectKind::Account, ParameterType::Account, &args.account),
            (SubjectKind::User, ParameterType::User, &args.user),
            (SubjectKind::Group, ParameterType::Group, &args.group),
            (SubjectKind::PermissionSet, ParameterType::PermissionSet, &args.permission_set),
        ] {
            if let Some(typed) = typed {
                named.push(Subject { kind, ids: ids(parameter, typed, census, snapshots)? });
            }
        }
        let ou =
            args.ou.as_ref().map(|typed| ids(ParameterType::Ou, typed, census, snapshots)).transpose()?;
        if let Some(tag) = &args.tag {
            require_tag(tag, census, snapshots)?;
        }
        Ok(Self { named, ou, tag: args.tag.clone(), privileged: args.privileged })
    }

    /// Whether the answer is about everything.
    pub fn is_none(&self) -> bool {
        self.named.is_empty() && self.ou.is_none() && self.tag.is_none() && !self.privileged
    }

    /// The ids that it means in either of two snapshots.
    pub fn subjects(&self, census: &mut Census, snapshots: [i64; 2]) -> Result<Vec<Subject>> {
        let mut subjects = self.named.clone();
        if let Some(ous) = &self.ou {
            let mut beneath = HashSet::new();
            for ou in ous {
                beneath.extend(on_either(census, snapshots, BENEATH, [ou])?);
            }
            subjects.push(Subject { kind: SubjectKind::Ou, ids: beneath });
        }
        if let Some(Tag { key, value }) = &self.tag {
            let ids = on_either(census, snapshots, TAGGED, [key, value])?;
            subjects.push(Subject { kind: SubjectKind::Tagged, ids });
        }
        if self.privileged {
            let sql = "SELECT DISTINCT permission_set_arn FROM privileged_permission_sets";
            let ids = on_either(census, snapshots, sql, [])?;
            subjects.push(Subject { kind: SubjectKind::Privileged, ids });
        }
        Ok(subjects)
    }
}

/// An OU, the OUs beneath it and their accounts.
const BENEATH: &str = "
    WITH RECURSIVE units (id) AS (
        SELECT ?1 UNION SELECT ou_id FROM organizational_units JOIN units ON parent_id = units.id)
    SELECT id FROM units
    UNION
    SELECT account_id FROM accounts
    WHERE parent_id IN (SELECT id FROM units) OR instr('/' || entity_path || '/', '/' || ?1 || '/') > 0";

const TAGGED: &str = "
    SELECT resource_id FROM tags
    WHERE key = ?1 AND value = ?2 AND resource_type IN ('account', 'permission_set')";

/// The ids of that name in any of the snapshots.
fn ids(
    parameter: ParameterType,
    typed: &str,
    census: &mut Census,
    snapshots: &[Snapshot],
) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    let mut unknown = None;
    for snapshot in snapshots {
        census.answer_as_of(snapshot.snapshot_id)?;
        match resolve_id(parameter, typed, census, snapshot) {
            // An id means the same everywhere.
            Ok(id) if id == typed => return Ok(HashSet::from([id])),
            Ok(id) => _ = ids.insert(id),
            Err(error) if error.kind() == ErrorKind::UnknownName => _ = unknown.get_or_insert(error),
            Err(error) => return Err(error),
        }
    }
    match unknown {
        Some(error) if ids.is_empty() => Err(error),
        _ => {
            tracing::info!("{typed:?} is {ids:?}");
            Ok(ids)
        }
    }
}

/// What a statement answers in either snapshot: ids, in its first column.
fn on_either<P: Params + Clone>(
    census: &mut Census,
    snapshots: [i64; 2],
    sql: &str,
    parameters: P,
) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    for snapshot_id in snapshots {
        census.answer_as_of(snapshot_id)?;
        ids.extend(column(census.connection(), sql, parameters.clone())?);
    }
    Ok(ids)
}

/// A tag that nothing has reads like a name that nothing has.
fn require_tag(tag: &Tag, census: &mut Census, snapshots: &[Snapshot]) -> Result<()> {
    let mut known = HashSet::new();
    for snapshot in snapshots {
        census.answer_as_of(snapshot.snapshot_id)?;
        let (connection, typed) = (census.connection(), [&tag.key, &tag.value]);
        if !column(connection, TAGGED, typed)?.is_empty() {
            return Ok(());
        }
        let sql = "SELECT DISTINCT key || '=' || coalesce(value, '') FROM tags
                   WHERE resource_type IN ('account', 'permission_set')";
        known.extend(column(connection, sql, [])?);
    }
    let typed = format!("{}={}", tag.key, tag.value);
    let among: Vec<String> = snapshots.iter().take(2).map(|one| one.snapshot_id.to_string()).collect();
    let mut error = Error::unknown(format!(
        "no account or permission set is tagged {typed:?} in snapshot {}",
        among.join(" or ")
    ));
    if let Some(hint) = did_you_mean(&typed, known.iter().map(String::as_str)) {
        error = error.hint(hint);
    }
    for snapshot in snapshots.iter().take(2) {
        let coverage = census.coverage(snapshot.snapshot_id)?;
        if !coverage.iter().any(|it| it.resource == "tags" && it.status == CoverageStatus::Complete) {
            error = error.hint(format!(
                "snapshot {0} did not see all tags: unknown is not absent (orgcensus snapshots show {0})",
                snapshot.snapshot_id
            ));
        }
    }
    if error.hints().is_empty() {
        error = error.hint("orgcensus query \"SELECT DISTINCT key, value FROM tags\" lists them all");
    }
    Err(error)
}

fn column(connection: &Connection, sql: &str, parameters: impl Params) -> Result<Vec<String>> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_map(parameters, |row| row.get(0))?.collect())
        .map_err(|error| Error::failed("cannot look up what to narrow the answer to").caused_by(error))
}

/// A value as a shell reads it back.
fn quoted(value: &str) -> String {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "-_./:@+=,".contains(one);
    if !value.is_empty() && value.chars().all(is_plain) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', "'\\''"))
}
