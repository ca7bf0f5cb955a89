//! `history`: shows the life of one account, user, group or permission set over all snapshots.

use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::GlobalOptions;
use super::about::about;
use super::evidence::{self, EvidenceArgs};
use super::snapshot_line::{resolve, say_answering};
use crate::error::{Error, ExitStatus, Result};
use crate::history::{self, Life, table, text};
use crate::invocation;
use crate::model::Entity;
use crate::output::{Format, RowWriter, stderr, write_error};
use crate::query::{Ever, find_ever, nearest_ever};
use crate::store::{Census, Snapshot, When};

/// The arguments of `history`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus history ana@example.com        when she came, joined groups, left
  orgcensus history prod                   an account: its names, OUs, states
  orgcensus history Admins --kind group    where a user has the same name
  orgcensus history 111122223333 --at 2026-09-30
                                           as known at the end of a past day
  orgcensus history AdministratorAccess --format csv --output admin.csv

A name is looked up in all snapshots, so deleted things are found too. If several things had the name, such as one \
that was deleted and created again under another id, each is shown. Without --format the answer is text; the formats \
have one row per event, and per column that changed.

Signs:
  + added: the snapshot before did not have it
  - removed: it was seen to be gone
  ~ changed, from → to
  ? unknown: it could not be seen
  · first seen here, and may be older: \"after\" says since when")]
pub struct HistoryArgs {
    /// An account, user, group or permission set: a name it ever had, an id or an e-mail address
    #[arg(value_name = "NAME | ID")]
    name: String,

    /// The kind of thing, where several kinds have this name
    #[arg(long, value_name = "KIND", value_parser = kind())]
    kind: Option<Entity>,

    #[command(flatten)]
    evidence: EvidenceArgs,
}

fn kind() -> impl TypedValueParser<Value = Entity> {
    PossibleValuesParser::new(Entity::with_lives().map(|entity| entity.spec().option)).map(|word| {
        Entity::with_lives().find(|entity| entity.spec().option == word).expect("only these words are taken")
    })
}

/// Shows the lives of every entity with the name.
pub fn run(args: HistoryArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    // A text file holds the text, unless a table is requested.
    let format = global
        .format_said(&destination)?
        .filter(|format| *format != Format::Table || global.format.is_some());
    let sidecar = args.evidence.open(global, &destination)?;
    let mut census = global.open_census()?;
    let when = global.at()?;
    let snapshot = resolve(&census, when.as_ref().unwrap_or(&When::LATEST))?;
    census.answer_as_of(snapshot.snapshot_id)?;
    let (kind, ids) = match find(&args, &census)? {
        Some(found) => found,
        None => return Err(unknown(&args, &mut census, &snapshot)?),
    };
    let lives: Vec<Life> = ids.iter().map(|id| history::of(&census, kind, id)).collect::<Result<_>>()?;
    say_answering("up to ", &snapshot, when.as_ref());
    match format {
        None => {
            for (index, life) in lives.iter().enumerate() {
                let mut page = destination.page(false);
                if index > 0 {
                    page.blank().map_err(write_error)?;
                }
                text::write(&mut page, life).map_err(write_error)?;
            }
        }
        Some(format) => {
            if format == Format::Xlsx {
                let question = evidence::Question::default();
                let mut about = about("events", &census, std::slice::from_ref(&snapshot), &question)?;
                about.fact("life of", &*args.name);
                destination.describe(about);
            }
            let mut writer = RowWriter::begin(format, table::COLUMNS, &mut destination)?;
            for row in lives.iter().flat_map(table::rows) {
                writer.values(&row)?;
            }
            writer.finish()?;
        }
    }
    let snapshots = std::slice::from_ref(&snapshot);
    let written = destination.written();
    evidence::finish(destination, sidecar, &census, snapshots, &evidence::Question::default())?;
    written.into_iter().for_each(stderr::say);
    Ok(ExitStatus::Done)
}

/// Resolves the name to entities of one kind, in the order in which they appeared; `None` if there are none.
fn find(args: &HistoryArgs, census: &Census) -> Result<Option<(Entity, Vec<String>)>> {
    match find_ever(&kinds(args), &args.name, census)? {
        Ever::Nothing => Ok(None),
        Ever::Things { kind, found, others } => {
            found.echo.iter().for_each(stderr::say);
            for other in others {
                let (name, option) = (&args.name, other.spec().option);
                stderr::say(format!("{} has the name {name:?} too: --kind {option}", other.with_article()));
            }
            Ok(Some((kind, found.id)))
        }
        Ever::Several(found) => {
            let nouns: Vec<_> = found.iter().map(|(kind, _)| kind.with_article()).collect();
            let name = &args.name;
            let mut error = Error::unknown(format!("{name:?} is the name of {}", nouns.join(" and of ")));
            for (kind, ids) in &found {
                error = error.hint(format!("--kind {} tells of {}", kind.spec().option, ids.join(", ")));
            }
            Err(error)
        }
    }
}

/// Returns the kinds as which the name is looked up.
fn kinds(args: &HistoryArgs) -> Vec<Entity> {
    args.kind.map_or_else(|| Entity::with_lives().collect(), |kind| vec![kind])
}

/// Returns the error for a name that is unknown up to the requested snapshot.
fn unknown(args: &HistoryArgs, census: &mut Census, snapshot: &Snapshot) -> Result<Error> {
    let name = &args.name;
    let what = args.kind.map_or("an account, user, group or permission set".to_owned(), Entity::with_article);
    let latest = census.resolve(&When::LATEST)?;
    if latest.snapshot_id != snapshot.snapshot_id {
        let error = Error::unknown(format!("no snapshot up to {} has {what} {name:?}", snapshot.snapshot_id));
        census.answer_as_of(latest.snapshot_id)?;
        // An ambiguous name is found, too.
        if !matches!(find_ever(&kinds(args), name, census), Ok(Ever::Nothing)) {
            return Ok(error.hint("a later one has: leave out --at"));
        }
        return with_nearest(error, args, census);
    }
    with_nearest(Error::unknown(format!("no snapshot has {what} {name:?}")), args, census)
}

/// Adds the nearest name, or the place to look, as a hint.
fn with_nearest(error: Error, args: &HistoryArgs, census: &Census) -> Result<Error> {
    Ok(match nearest_ever(&kinds(args), &args.name, census)? {
        Some(hint) => error.hint(hint),
        None => {
            let all = invocation::command("query \"SELECT user_name, user_id FROM users_history\"");
            error.hint(format!("{all} lists everybody who was ever there"))
        }
    })
}
