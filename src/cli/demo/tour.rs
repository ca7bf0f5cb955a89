//! The tour of the demo: ten questions, each with the command that answers it and its output.

use std::path::Path;

use super::DATABASE;
use crate::cli::Cli;
use crate::diff::{self, AccessChangeKind};
use crate::error::{Error, Result};
use crate::invocation;
use crate::output::stderr;
use crate::output::text::shell_word;
use crate::store::{Census, When, failed};

/// The number of rows shown of each answer.
const ROWS: &str = "5";
/// The period in which the tour looks for its subject.
const LATELY: &str = "30d";

/// The subject of the tour: a user who gained privileged access recently, and still has it.
struct Subject {
    user: String,
    permission_set: String,
    account: String,
}

/// Runs the tour.
pub(super) fn show(database: &Path) -> Result<()> {
    let subject = Subject::of(database)?;
    for (number, (question, command)) in (1..).zip(questions(&subject)) {
        stderr::say("");
        stderr::say(format!("{number}. {question}"));
        answer(&command)?;
    }
    stderr::say("");
    stderr::say("try next:");
    for line in ["diff 7d", "query --list", "find payments", "schema effective_access"] {
        stderr::say(format!("  {}", invocation::command(line)));
    }
    stderr::say("");
    stderr::say("all of it as one page for a browser:");
    stderr::say(format!("  {}", invocation::command("report --open access.html")));
    Ok(())
}

/// Returns each question in words, and the command's arguments.
fn questions(subject: &Subject) -> [(String, Vec<&str>); 10] {
    let Subject { user, permission_set, account } = subject;
    [
        ("Who is privileged, where, and through what?".to_owned(), vec!["query", "privileged-access"]),
        (
            format!("Who could reach {account} a month ago?"),
            vec!["query", "account-access", account, "--at", LATELY],
        ),
        (format!("Who is {user}, and what stands out?"), vec!["who", user]),
        (
            format!("What could {user} reach in the last month, even if only for a night?"),
            vec!["query", "user-access", user, "--during", LATELY],
        ),
        (
            "What changed in privileged access in the last week, and why?".to_owned(),
            vec!["diff", "7d", "--access", "--privileged"],
        ),
        (
            "Who gained privileged access in the last month?".to_owned(),
            vec!["query", "new-administrators", LATELY],
        ),
        (
            "Who is assigned permission sets directly, not through a group?".to_owned(),
            vec!["query", "direct-users"],
        ),
        (
            format!("What must be removed for {user} to lose {permission_set} in {account}?"),
            vec!["query", "revoke-plan", user, permission_set, account],
        ),
        (
            format!("Which policies of the organization are in force on {account}?"),
            vec!["query", "policies-in-force", account],
        ),
        (
            "And any SQL, on any day: how many people and paths were there two months ago?".to_owned(),
            vec![
                "query",
                "SELECT via, count(DISTINCT user_id) AS people, count(*) AS paths FROM effective_access GROUP BY via",
                "--at",
                "60d",
            ],
        ),
    ]
}

impl Subject {
    /// Finds the subject with the fewest paths of access.
    fn of(database: &Path) -> Result<Self> {
        let census = Census::open(database)?;
        let connection = census.connection();
        let from = census.resolve(&When::parse(LATELY, chrono::Utc::now())?)?.snapshot_id;
        let to = census.resolve(&When::Latest { back: 0 })?.snapshot_id;
        let paths_of = |user: &str| -> Result<i64> {
            connection
                .query_row("SELECT count(*) FROM effective_access WHERE user_id = ?1", [user], |row| {
                    row.get(0)
                })
                .map_err(failed)
        };
        let mut found: Option<(i64, Self)> = None;
        for change in diff::compare(connection, from, to)?.access_changes {
            let (Some(user), Some(set), Some(account)) =
                (change.user_name, change.permission_set_name, change.account_name)
            else {
                continue;
            };
            if change.change != AccessChangeKind::Gained || !change.privileged {
                continue;
            }
            let paths = paths_of(&change.user_id)?;
            if found.as_ref().is_none_or(|(least, _)| paths < *least) {
                let [user, permission_set, account] = [user, set, account].map(|name| name.to_string());
                found = Some((paths, Self { user, permission_set, account }));
            }
        }
        let found = found.map(|(_, subject)| subject);
        found.ok_or_else(|| Error::failed("nobody gained privileged access in the demo's last month"))
    }
}

/// Shows a command and its output, by running it.
fn answer(arguments: &[&str]) -> Result<()> {
    let limit: &[&str] = if arguments[0] == "query" { &["--limit", ROWS] } else { &[] };
    let limited: Vec<&str> = [arguments, limit].concat();
    let typed: Vec<_> = limited.iter().map(|word| shell_word(word)).collect();
    stderr::say(format!("$ {}", invocation::command(typed.join(" "))));
    // Rows are shown as a table even if the demo's output is piped. A diff has its own form.
    let format: &[&str] = if arguments[0] == "diff" { &[] } else { &["--format", "table"] };
    let line = ["orgcensus", "--db", DATABASE].iter().chain(format).chain(&limited);
    let cli = Cli::read(line.map(Into::into))
        .map_err(|error| Error::usage("the demo's own command").caused_by(error))?;
    crate::cli::run(cli).map(drop)
}
