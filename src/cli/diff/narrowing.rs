//! What an answer is narrowed to: the names, paths and tags that were typed, and the ids that they mean.
//!
//! A name means the thing of that name in either snapshot, for it may be gone in one, or made again under another id;
//! a name that none knows is an error. What is in an OU, tagged or privileged is asked anew for every pair of
//! snapshots: it changes too.

use std::collections::HashSet;

use clap::Args;
use rusqlite::Connection;

use crate::diff::filter::{Subject, SubjectKind};
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::Entity;
use crate::nearest::{nearest, one_of};
use crate::output::{stderr, text};
use crate::query::{Found, resolve_at_ends};
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
    tag: Option<String>,

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

/// A tag's key and value. Both may have equals signs in them, so what was typed may read as several.
type Tag = (String, String);

fn tag(typed: &str) -> Result<String, String> {
    if typed.contains('=') { Ok(typed.to_owned()) } else { Err("a tag reads KEY=VALUE".to_owned()) }
}

impl NarrowingArgs {
    /// The options as they are typed, each after a space.
    pub fn typed(&self) -> String {
        let options: String = [
            ("--account", &self.account),
            ("--ou", &self.ou),
            ("--tag", &self.tag),
            ("--user", &self.user),
            ("--group", &self.group),
            ("--permission-set", &self.permission_set),
        ]
        .into_iter()
        .filter_map(|(option, value)| Some(format!(" {}", text::shell_option(option, value.as_deref()?))))
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
    ous: Option<HashSet<String>>,
    /// Every tag that what was typed may be; `None` where nothing was.
    tags: Option<Vec<Tag>>,
    privileged: bool,
}

impl Narrowing {
    /// Looks up what was typed.
    pub fn new(args: &NarrowingArgs, census: &mut Census, range: &Range) -> Result<Self> {
        let mut named = Vec::new();
        for (entity, typed) in [
            (Entity::Account, &args.account),
            (Entity::User, &args.user),
            (Entity::Group, &args.group),
            (Entity::PermissionSet, &args.permission_set),
        ] {
            if let Some(typed) = typed {
                named.push(Subject { kind: entity.into(), ids: ids(entity, typed, census, range)? });
            }
        }
        let ous = args.ou.as_ref().map(|typed| ids(Entity::Ou, typed, census, range)).transpose()?;
        let tags = args.tag.as_ref().map(|typed| tags(typed, census, range)).transpose()?;
        Ok(Self { named, ous, tags, privileged: args.privileged })
    }

    /// What it means in either of two snapshots.
    pub fn subjects(&self, connection: &Connection, snapshots: [i64; 2]) -> Result<Vec<Subject>> {
        let mut subjects = self.named.clone();
        if let Some(ous) = &self.ous {
            subjects.push(Subject::in_ous(connection, snapshots, ous)?);
        }
        if let Some(tags) = &self.tags {
            let mut tagged = Subject { kind: SubjectKind::Tagged, ids: HashSet::new() };
            for (key, value) in tags {
                tagged.ids.extend(Subject::tagged(connection, snapshots, key, value)?.ids);
            }
            subjects.push(tagged);
        }
        if self.privileged {
            subjects.push(Subject::privileged(connection, snapshots)?);
        }
        Ok(subjects)
    }
}

/// Where names are looked up.
pub struct Range {
    pub from: Snapshot,
    pub to: Snapshot,
    /// Whether what came and went between counts too.
    pub steps: bool,
}

impl Range {
    fn ends(&self) -> [&Snapshot; 2] {
        [&self.to, &self.from]
    }
}

/// The ids of that name at either end, and with `--steps` of all that had it between.
fn ids(entity: Entity, typed: &str, census: &mut Census, range: &Range) -> Result<HashSet<String>> {
    let Found { id: ids, echo } = resolve_at_ends(entity, typed, census, range.ends(), range.steps)?;
    echo.iter().for_each(stderr::say);
    tracing::info!("{typed:?} is {ids:?}");
    Ok(ids)
}

/// Every tag that reads as it was typed, of all that there are: with `a=b=c` the key may be `a` or `a=b`. One that
/// nothing has reads like a name that nothing has.
fn tags(typed: &str, census: &Census, range: &Range) -> Result<Vec<Tag>> {
    let (from, to) = (range.from.snapshot_id, range.to.snapshot_id);
    let mut statement = census
        .connection()
        .prepare(
            "SELECT DISTINCT key, coalesce(value, '') FROM tags_versions
             WHERE resource_type IN ('account', 'permission_set')
               AND valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?2)",
        )
        .map_err(unreadable_tags)?;
    let known: Vec<Tag> = statement
        .query_map([from.max(to), from.min(to)], |row| Ok((row.get(0)?, row.get(1)?)))
        .and_then(Iterator::collect)
        .map_err(unreadable_tags)?;
    let written = |(key, value): &Tag| format!("{key}={value}");
    let tags: Vec<Tag> = known.iter().filter(|tag| written(tag) == typed).cloned().collect();
    if !tags.is_empty() {
        if tags.len() > 1 {
            let keys: Vec<_> = tags.iter().map(|(key, _)| format!("{key:?}")).collect();
            stderr::say(format!("{typed:?} is a tag of each of the keys {}", keys.join(" and ")));
        }
        return Ok(tags);
    }
    let known: Vec<String> = known.iter().map(written).collect();
    let mut error = Error::unknown(format!(
        "no account or permission set is tagged {typed:?} in snapshots {} to {}",
        from.min(to),
        from.max(to)
    ));
    let near = nearest(typed, known.iter().map(String::as_str));
    error = error.hint_if_any(one_of(near.into_iter().map(|tag| format!("{tag:?}"))));
    for snapshot in range.ends() {
        let coverage = census.coverage(snapshot.snapshot_id)?;
        if !coverage.iter().any(|it| it.resource == "tags" && it.status == CoverageStatus::Complete) {
            let id = snapshot.snapshot_id;
            let show = invocation::command(format_args!("snapshots show {id}"));
            error = error.hint(format!("snapshot {id} did not see all tags: unknown is not absent ({show})"));
        }
    }
    if error.hints().is_empty() {
        let all = invocation::command("query \"SELECT DISTINCT key, value FROM tags\"");
        error = error.hint(format!("{all} lists them all"));
    }
    Err(error)
}

fn unreadable_tags(error: rusqlite::Error) -> Error {
    Error::failed("cannot look up tags").caused_by(error)
}
