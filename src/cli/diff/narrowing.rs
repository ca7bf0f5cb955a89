//! Narrows an answer: resolves the typed names, paths and tags to ids.
//!
//! A name means the entity with that name in either snapshot, because it may be missing in one, or recreated with
//! another id. An unknown name is an error. The entities in an OU, with a tag or with privileges are determined for
//! every pair of snapshots, because they change too.
//! snapshots: it changes too.

use std::collections::HashSet;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use rusqlite::Connection;

use crate::cli::privilege_levels;
use crate::diff::filter::{Subject, SubjectKind};
use crate::document::privileges::Levels;
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::{Entity, Narrows};
use crate::nearest::{nearest, one_of};
use crate::output::{stderr, text};
use crate::query::{Found, Only, Span, resolve_at_ends};
use crate::store::{Census, CoverageStatus, Snapshot};

/// The arguments that narrow an answer: an option for each entity that declares one, `--tag` and `--privileged`.
#[derive(Debug, Default)]
pub struct NarrowingArgs {
    /// The typed names, by entity.
    entities: Vec<(Entity, String)>,
    tag: Option<String>,
    privileged: Option<Levels>,
}

/// The position of `--tag` among the options of entities.
const PLACE_OF_TAG: u8 = 3;

impl Args for NarrowingArgs {
    fn augment_args(command: Command) -> Command {
        let of_entity = |(entity, narrows): (Entity, &'static Narrows)| {
            let arg = Arg::new(entity.spec().option).long(entity.spec().option).value_name(narrows.value);
            (narrows.place, arg.help(format!("Show only what concerns {}", narrows.to)))
        };
        let tag = Arg::new("tag")
            .long("tag")
            .value_name("KEY=VALUE")
            .value_parser(tag)
            .help("Show only what concerns accounts or permission sets with this tag");
        let privileged = Arg::new("privileged").long("privileged").action(ArgAction::SetTrue).help(
            "Show only what concerns privileged permission sets, whose policies let their holder gain any permission",
        );
        let level = Arg::new("level").long("level").value_name("LEVEL").value_parser(privilege_levels()).help(
            "Which permission sets count as privileged: administrator can grant itself anything, escalation needs one \
            more step [default: administrator]",
        );
        let mut options: Vec<(u8, Arg)> = Entity::narrowing().into_iter().map(of_entity).collect();
        options.extend([(PLACE_OF_TAG, tag), (u8::MAX - 1, privileged), (u8::MAX, level)]);
        options.sort_by_key(|(place, _)| *place);
        command.args(options.into_iter().map(|(_, arg)| arg.help_heading("What to show")))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for NarrowingArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let typed = |entity: Entity| Some((entity, matches.get_one::<String>(entity.spec().option)?.clone()));
        Ok(Self {
            entities: Entity::narrowing().into_iter().filter_map(|(entity, _)| typed(entity)).collect(),
            tag: matches.get_one::<String>("tag").cloned(),
            privileged: match matches.get_one::<Levels>("level") {
                Some(levels) => Some(*levels),
                None => matches.get_flag("privileged").then(Levels::default),
            },
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

/// A tag's key and value. Both may contain equals signs, so a typed tag may be read in several ways.
type Tag = (String, String);

fn tag(typed: &str) -> Result<String, String> {
    if typed.contains('=') { Ok(typed.to_owned()) } else { Err("a tag reads KEY=VALUE".to_owned()) }
}

impl NarrowingArgs {
    /// Returns the filters for the rows of a canned query, in the order of the options.
    pub fn only(&self) -> Vec<Only> {
        let entities = self.entities.iter().map(|(entity, typed)| Only::Entity(*entity, typed.clone()));
        let tag = self.tag.iter().cloned().map(Only::Tag);
        entities.chain(tag).chain(self.privileged.map(Only::Privileged)).collect()
    }

    /// Returns the requested levels of privilege.
    pub fn levels(&self) -> Option<Levels> {
        self.privileged
    }

    /// Returns the options as typed, each after a space.
    pub fn typed(&self) -> String {
        let place = |entity: Entity| entity.spec().narrows.as_ref().map_or(u8::MAX, |narrows| narrows.place);
        let of_entity =
            |(entity, value): &(Entity, String)| (place(*entity), entity.spec().option, value.clone());
        let mut typed: Vec<_> = self.entities.iter().map(of_entity).collect();
        typed.extend(self.tag.iter().map(|value| (PLACE_OF_TAG, "tag", value.clone())));
        typed.sort_by_key(|(place, ..)| *place);
        let option = |(_, option, value): (u8, &str, String)| {
            format!(" {}", text::shell_option(&format!("--{option}"), &value))
        };
        let mut options: String = typed.into_iter().map(option).collect();
        match self.privileged {
            None => {}
            Some(Levels::Administrator) => options.push_str(" --privileged"),
            Some(levels) => options.push_str(&format!(" --level {}", levels.as_str())),
        }
        options
    }
}

/// The resolved filters of an answer.
#[derive(Debug)]
pub struct Narrowing {
    /// The named entities, which are the same for every pair of snapshots.
    named: Vec<Subject>,
    /// The ids of an OU.
    ous: Option<HashSet<String>>,
    /// Every reading of the typed tag; `None` if no tag was typed.
    tags: Option<Vec<Tag>>,
    privileged: Option<Levels>,
}

impl Narrowing {
    /// Resolves the arguments.
    pub fn new(args: &NarrowingArgs, census: &mut Census, range: &Range) -> Result<Self> {
        let (mut named, mut ous) = (Vec::new(), None);
        for (entity, typed) in &args.entities {
            let ids = ids(*entity, typed, census, range.ends(), range.steps)?;
            match entity.spec().beneath.is_empty() {
                true => named.push(Subject { kind: (*entity).into(), ids }),
                false => ous = Some(ids),
            }
        }
        let tags = args.tag.as_ref().map(|typed| tags(typed, census, range)).transpose()?;
        Ok(Self { named, ous, tags, privileged: args.privileged })
    }

    /// Returns the filters for two snapshots.
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
        if let Some(levels) = self.privileged {
            subjects.push(Subject::privileged(connection, snapshots, levels)?);
        }
        Ok(subjects)
    }
}

/// The snapshots in which names are looked up.
pub struct Range {
    pub from: Snapshot,
    pub to: Snapshot,
    /// True if the snapshots in between count too.
    pub steps: bool,
}

impl Range {
    fn ends(&self) -> [&Snapshot; 2] {
        [&self.to, &self.from]
    }
}

/// Returns the ids with that name at either end, the newer one first, and with `steps` at any time in between.
pub fn ids(
    entity: Entity,
    typed: &str,
    census: &mut Census,
    ends: [&Snapshot; 2],
    steps: bool,
) -> Result<HashSet<String>> {
    let Found { id: ids, echo } = resolve_at_ends(entity, typed, census, ends, steps)?;
    echo.iter().for_each(stderr::say);
    tracing::info!("{typed:?} is {ids:?}");
    Ok(ids)
}

/// Returns every tag of an account or a permission set in the snapshots that answer which the typed text can mean; none
/// is an error (exit 2).
pub fn known_tags(typed: &str, census: &Census, span: &Span) -> Result<Vec<Tag>> {
    let range = Range { from: span.from().clone(), to: span.to().clone(), steps: span.is_range() };
    tags(typed, census, &range)
}

/// Returns every existing tag that the typed text can mean: in `a=b=c` the key may be `a` or `a=b`. A tag that does not
/// exist is treated like an unknown name.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_declared_entity_narrows() {
        for (entity, narrows) in Entity::narrowing() {
            let option = format!("--{}", entity.spec().option);
            let command = NarrowingArgs::augment_args(Command::new("diff"));
            let help = command.clone().render_long_help().to_string();
            assert!(help.contains(&format!("{option} <{}>", narrows.value)), "{help}");
            let matches = command.try_get_matches_from(["diff", &option, "x y", "--tag", "a=b"]).unwrap();
            let args = NarrowingArgs::from_arg_matches(&matches).unwrap();
            let (typed, tag) = (format!(" {option} 'x y'"), " --tag a=b");
            let expected = match narrows.place < PLACE_OF_TAG {
                true => format!("{typed}{tag}"),
                false => format!("{tag}{typed}"),
            };
            assert_eq!(args.typed(), expected);
        }
    }

    #[test]
    fn no_two_options_stand_in_one_place() {
        let mut places: Vec<u8> = Entity::narrowing().iter().map(|(_, narrows)| narrows.place).collect();
        places.push(PLACE_OF_TAG);
        places.sort_unstable();
        assert!(places.windows(2).all(|pair| pair[0] < pair[1]), "{places:?}");
        let groups: Vec<_> = Entity::grouping().iter().map(|entity| entity.spec().groups).collect();
        assert!(groups.windows(2).all(|pair| pair[0] < pair[1]), "{groups:?}");
    }
}
