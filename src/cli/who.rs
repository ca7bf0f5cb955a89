//! `who`, `admins` and `find`: the most common questions in one word. Each is a canned query.

use std::collections::BTreeSet;

use clap::Args;

use super::query::{self, Answered, QueryArgs};
use super::snapshot_line::resolve;
use super::{GlobalOptions, privilege_levels};
use crate::document::privileges::Levels;
use crate::error::{Error, ExitStatus, Result};
use crate::invocation;
use crate::model::Entity;
use crate::nearest::nearest;
use crate::output::{stderr, text};
use crate::query::{Catalog, Ever, find_ever, nearest_ever};
use crate::store::{Census, When, failed};

/// The prefix of the IAM roles that Identity Center creates, as they appear in CloudTrail.
const ROLE: &str = "AWSReservedSSO_";

/// The arguments of `who`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus who ana@example.com            a person: groups, access, risks
  orgcensus who prod                       an account: everybody who reaches it
  orgcensus who /Workloads/Prod            everybody who reaches an OU
  orgcensus who Admins --at 2026-09-30     what a group reached on a past date
  orgcensus who arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana
                                           whose session CloudTrail names
  orgcensus who arn:aws:iam::111122223333:role/deploy
                                           who may assume a role of IAM

Each answer comes from canned queries, which it names: orgcensus query --list has all of them.")]
pub struct WhoArgs {
    /// A user, group, account, permission set, OU or policy: an id, a name, an e-mail address or a path; or the ARN
    /// of a role or session, as CloudTrail has it
    #[arg(value_name = "NAME | ID | ARN")]
    name: String,
}

/// The arguments of `admins`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus admins                         by which set, where and through what
  orgcensus admins --ou /Workloads/Prod    in the accounts beneath an OU
  orgcensus admins --account prod          in one account
  orgcensus admins --level escalation      who is one step away from it
  orgcensus admins --at 2026-09-30         at the end of a past day")]
pub struct AdminsArgs {
    /// Only in the accounts beneath this OU: an id, a name or a path such as /Workloads/Prod
    #[arg(long, value_name = "PATH", conflicts_with = "account")]
    ou: Option<String>,

    /// Only in this account: an id, a name or an e-mail address
    #[arg(long, value_name = "ACCOUNT")]
    account: Option<String>,

    /// Which permission sets count: administrator can grant itself anything, escalation needs one more step
    #[arg(long, value_name = "LEVEL", default_value = "administrator", value_parser = privilege_levels())]
    level: Levels,
}

/// The arguments of `find`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus find payments                  anything with it in its name
  orgcensus find @example.org              by a part of an e-mail address
  orgcensus find 1111                      by a part of an id

Deleted things are found too, up to the snapshot that answers. If nothing matches, similar spellings are suggested.")]
pub struct FindArgs {
    /// Part of a name, an e-mail address or an id; letter case does not matter
    #[arg(value_name = "TEXT")]
    text: String,
}

/// Returns the canned query about an entity of this kind.
fn query_of(entity: Entity) -> &'static str {
    match entity {
        Entity::User => "about-user",
        Entity::Group => "group-access",
        Entity::Account => "account-access",
        Entity::PermissionSet => "permission-set-access",
        Entity::Ou | Entity::Root => "ou-access",
        Entity::Policy => "policy-targets",
        Entity::Application => "application-access",
    }
}

/// Returns the canned query about a role, session or user of IAM, by its ARN; `None` for another name.
fn query_of_arn(name: &str) -> Option<&'static str> {
    let has = |part| name.contains(part);
    if has(ROLE) {
        return Some("role-session");
    }
    let is_arn = name.starts_with("arn:") && (has(":iam::") || has(":sts::"));
    [(":role/", "who-can-assume"), (":assumed-role/", "who-can-assume"), (":user/", "iam-user")]
        .into_iter()
        .find_map(|(part, query)| (is_arn && has(part)).then_some(query))
}

/// Answers about the entity with the name.
pub fn who(args: WhoArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let query = match query_of_arn(&args.name) {
        Some(query) => query,
        None => query_of(kind_of(&args.name, global)?),
    };
    ask(query, vec![args.name], global)
}

/// Lists the privileged access.
pub fn admins(args: AdminsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let (query, place) = match (args.ou, args.account) {
        (Some(ou), _) => ("ou-admins", Some(ou)),
        (None, Some(account)) => ("account-admins", Some(account)),
        (None, None) => ("privileged-access", None),
    };
    let level = (args.level != Levels::default()).then(|| args.level.as_str().to_owned());
    ask(query, place.into_iter().chain(level).collect(), global)
}

/// Finds every entity with the text in a name. If there is none, suggests similar texts.
pub fn find(args: FindArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let answered = answer("find", vec![args.text.clone()], global)?;
    if answered.rows == 0 && args.text.contains(ROLE) {
        let who = format!("who {}", text::shell_word(&args.text));
        stderr::say(format!("hint: it is the name of a role: {}", invocation::command(who)));
    } else if answered.rows == 0 {
        for text in texts_like(&args.text, global)? {
            let find = format!("find {}", text::shell_word(&text));
            stderr::say(format!("hint: did you mean {text:?}? {}", invocation::command(find)));
        }
    }
    Ok(answered.status)
}

fn ask(query: &str, values: Vec<String>, global: &GlobalOptions) -> Result<ExitStatus> {
    Ok(answer(query, values, global)?.status)
}

/// Prints the canned query as a command, and answers it.
fn answer(query: &str, values: Vec<String>, global: &GlobalOptions) -> Result<Answered> {
    let typed: Vec<_> = values.iter().map(|value| text::shell_word(value)).collect();
    stderr::say(invocation::command(format_args!("query {query} {}", typed.join(" "))).trim_end());
    query::ask(&QueryArgs::of(query, values), global)
}

/// Returns the names, and the words in names, with the most similar spelling.
fn texts_like(typed: &str, global: &GlobalOptions) -> Result<Vec<String>> {
    let mut census = global.open_census()?;
    let snapshot = resolve(&census, global.at()?.as_ref().unwrap_or(&When::LATEST))?;
    census.answer_as_of(snapshot.snapshot_id)?;
    let everything = Catalog::with(None).find("find")?.sql;
    let mut statement = census.connection().prepare(&everything).map_err(failed)?;
    let names: Vec<String> = statement
        .query_map([""], |row| row.get::<_, Option<String>>("name"))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(failed)?
        .into_iter()
        .flatten()
        .map(|name| name.to_lowercase())
        .collect();
    let words = names.iter().flat_map(|name| name.split(|character: char| !character.is_alphanumeric()));
    let texts: BTreeSet<&str> = words.chain(names.iter().map(String::as_str)).collect();
    Ok(nearest(typed, texts).into_iter().map(str::to_owned).collect())
}

/// Returns the kind of the entity with the name, up to the requested snapshot.
fn kind_of(name: &str, global: &GlobalOptions) -> Result<Entity> {
    // Only an OU is named by its path.
    if name.starts_with('/') {
        return Ok(Entity::Ou);
    }
    let mut census = global.open_census()?;
    let when = global.at()?;
    let snapshot = resolve(&census, when.as_ref().unwrap_or(&When::LATEST))?;
    census.answer_as_of(snapshot.snapshot_id)?;
    let kinds: Vec<Entity> = Entity::with_lives().collect();
    match find_ever(&kinds, name, &census)? {
        Ever::Things { kind, .. } => Ok(kind),
        Ever::Several(found) => {
            let nouns: Vec<_> = found.iter().map(|(kind, _)| kind.with_article()).collect();
            let mut error = Error::unknown(format!("{name:?} is the name of {}", nouns.join(" and of ")));
            for (kind, _) in found {
                let question = format!("query {} {}", query_of(kind), text::shell_word(name));
                error = error.hint(invocation::command(question));
            }
            Err(error)
        }
        Ever::Nothing if name.contains('/') || is_place(name, &census)? => Ok(Entity::Ou),
        Ever::Nothing => {
            let nearest = nearest_ever(&kinds, name, &census)?;
            let find = invocation::command(format_args!("find {}", text::shell_word(name)));
            Err(Error::unknown(format!(
                "nothing up to snapshot {} has the name {name:?}",
                snapshot.snapshot_id
            ))
            .hint_if_any(nearest)
            .hint(format!("{find} looks for a part of a name")))
        }
    }
}

/// Returns true if a root or an OU has the id or the name. `history` does not cover entities of these kinds.
fn is_place(name: &str, census: &Census) -> Result<bool> {
    for entity in Entity::ALL.into_iter().filter(|entity| entity.spec().no_life.is_some()) {
        let spec = entity.spec();
        let names = spec.names.iter().map(|name| name.column).chain([spec.id]);
        let is_it: Vec<_> = names.map(|column| format!("lower({column}) = lower(?1)")).collect();
        let sql = format!("SELECT EXISTS (SELECT 1 FROM {} WHERE {})", spec.resource, is_it.join(" OR "));
        let found = census.connection().query_row(&sql, [name], |row| row.get(0)).map_err(failed)?;
        if found {
            return Ok(true);
        }
    }
    Ok(false)
}
