//! The privileged permission sets of each snapshot: the combined effect of their policies, for every state that these
//! had.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, params_from_iter};

use super::{Place, is_current};
use crate::document::privileges::{Held, Levels, Privilege, Scales};
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, DerivedView};
use crate::store::columns::columns;
use crate::store::file::{Doing, quoted};

/// A row of the table, as its columns.
type Kept = Vec<Option<String>>;

/// Brings the tables up to date.
pub(super) fn fill(connection: &Connection, place: Place) -> Result<()> {
    for (view, policies) in weighed() {
        let due = rows(&states(connection, policies)?);
        let table = format!("{}.{}", place.schema(), quoted(&table(view)));
        let write = || -> rusqlite::Result<()> {
            // A sorted set gives rows that are read without ORDER BY the same order every time.
            let mut missing: BTreeSet<Kept> = due.into_iter().collect();
            let mut delete = connection.prepare(&format!("DELETE FROM {table} WHERE rowid = ?1"))?;
            for (rowid, row) in read(connection, &table)? {
                if !missing.remove(&row) {
                    delete.execute([rowid])?;
                }
            }
            let mut insert = None;
            for row in missing {
                let places = vec!["?"; row.len()].join(", ");
                let insert = match &mut insert {
                    Some(insert) => insert,
                    none => {
                        none.insert(connection.prepare(&format!("INSERT INTO {table} VALUES ({places})"))?)
                    }
                };
                insert.execute(params_from_iter(row))?;
            }
            Ok(())
        };
        write().doing("keep who is privileged")?;
    }
    Ok(())
}

/// Returns the first table whose rows differ from the combined effect of the file's policies.
pub(super) fn differs(connection: &Connection) -> Result<Option<&'static str>> {
    for (view, policies) in weighed() {
        let due: HashSet<Kept> = rows(&states(connection, policies)?).into_iter().collect();
        let kept =
            read(connection, &format!("main.{}", quoted(&table(view)))).doing("read who is privileged")?;
        let count = kept.len();
        let kept: HashSet<Kept> = kept.into_iter().map(|(_, row)| row).collect();
        if kept != due || count != due.len() {
            return Ok(Some(view.name));
        }
    }
    Ok(None)
}

/// Returns the subjects, such as permission sets, that are privileged in a snapshot at one of these levels.
pub fn privileged_on(connection: &Connection, snapshot_id: i64, levels: Levels) -> Result<HashSet<String>> {
    let mut found = HashSet::new();
    let is_kept = !columns(connection, "temp", "derived_rules")?.is_empty() || is_current(connection)?;
    for (view, policies) in weighed() {
        if !is_kept {
            let alive =
                |from: i64, to: Option<i64>| from <= snapshot_id && to.is_none_or(|to| to > snapshot_id);
            let states = states(connection, policies)?;
            let of_day = states
                .into_iter()
                .filter(|(_, privilege, from, to)| privilege.is_of(levels) && alive(*from, *to));
            found.extend(of_day.map(|(subject, ..)| subject));
            continue;
        }
        let sql = format!(
            "SELECT DISTINCT permission_set_arn, level FROM {}
             WHERE level NOT NULL AND scope = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)",
            quoted(&table(view))
        );
        let read = || -> rusqlite::Result<Vec<(String, Option<String>)>> {
            let parameters = (Privilege::ANY, snapshot_id);
            let mut statement = connection.prepare_cached(&sql)?;
            statement.query_map(parameters, |row| Ok((row.get(0)?, row.get(1)?)))?.collect()
        };
        let of_day = read().doing("read who is privileged")?.into_iter();
        found.extend(of_day.filter(|(_, level)| levels.take(level.as_deref())).map(|(subject, _)| subject));
    }
    Ok(found)
}

/// Returns the views whose rows are derived by weighing policies, each with its source.
fn weighed() -> impl Iterator<Item = (&'static DerivedView, &'static str)> {
    DERIVED_VIEWS.iter().filter_map(|view| Some((view, view.weighed_from?)))
}

fn table(view: &DerivedView) -> String {
    format!("{}_kept", view.name)
}

/// A subject's privilege, the first snapshot in which it holds, and the first in which it no longer does.
type State = (String, Privilege, i64, Option<i64>);

/// A policy, or its text, with the range of snapshots in which it exists.
struct Version<T> {
    what: T,
    from: i64,
    to: Option<i64>,
}

impl<T> Version<T> {
    fn is_in(&self, snapshot_id: i64) -> bool {
        self.from <= snapshot_id && self.to.is_none_or(|to| to > snapshot_id)
    }
}

/// Weighs every state that a subject's policies had.
fn states(connection: &Connection, policies: &str) -> Result<Vec<State>> {
    let mut of_subjects: BTreeMap<String, Vec<Version<Held>>> = BTreeMap::new();
    let mut texts: HashMap<String, Vec<Version<Option<Rc<str>>>>> = HashMap::new();
    let mut seen: HashSet<Rc<str>> = HashSet::new();
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(policies)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let document = row.get_ref(3)?.as_bytes_or_null()?.map(String::from_utf8_lossy);
            let document = document.map(|text| match seen.get(&*text) {
                Some(known) => Rc::clone(known),
                None => {
                    let text: Rc<str> = Rc::from(&*text);
                    seen.insert(Rc::clone(&text));
                    text
                }
            });
            let (policy, from, to): (String, i64, Option<i64>) = (row.get(2)?, row.get(4)?, row.get(5)?);
            match row.get::<_, Option<String>>(0)? {
                None => texts.entry(policy).or_default().push(Version { what: document, from, to }),
                Some(subject) => {
                    let what = Held { kind: row.get(1)?, policy, document };
                    of_subjects.entry(subject).or_default().push(Version { what, from, to });
                }
            }
        }
        Ok(())
    };
    read().doing("read the policies to weigh")?;
    let mut scales = Scales::default();
    let mut known: HashMap<Vec<Held>, Rc<BTreeSet<Privilege>>> = HashMap::new();
    let mut states = Vec::new();
    for (subject, held) in of_subjects {
        let of_policies = |version: &Version<Held>| texts.get(&version.what.policy).into_iter().flatten();
        let bounds = held.iter().flat_map(|version| {
            let of_texts = of_policies(version).flat_map(|text| [Some(text.from), text.to]);
            [Some(version.from), version.to].into_iter().chain(of_texts)
        });
        let bounds: BTreeSet<i64> = bounds.flatten().collect();
        let mut open: BTreeMap<Privilege, i64> = BTreeMap::new();
        for bound in bounds {
            let mut policies: Vec<Held> = held
                .iter()
                .filter(|version| version.is_in(bound))
                .map(|version| {
                    let mut policy = version.what.clone();
                    if policy.document.is_none() {
                        let text = of_policies(version).find(|text| text.is_in(bound));
                        policy.document = text.and_then(|text| text.what.clone());
                    }
                    policy
                })
                .collect();
            policies.sort_by(|one, other| (&one.kind, &one.policy).cmp(&(&other.kind, &other.policy)));
            let privileges = match known.get(&policies) {
                Some(known) => Rc::clone(known),
                None => {
                    let weighed = Rc::new(scales.weigh(&policies));
                    known.insert(policies, Rc::clone(&weighed));
                    weighed
                }
            };
            let over: Vec<Privilege> =
                open.keys().filter(|privilege| !privileges.contains(*privilege)).cloned().collect();
            for privilege in over {
                let from = open.remove(&privilege).unwrap_or(bound);
                states.push((subject.clone(), privilege, from, Some(bound)));
            }
            for privilege in privileges.iter() {
                if !open.contains_key(privilege) {
                    open.insert(privilege.clone(), bound);
                }
            }
        }
        states.extend(open.into_iter().map(|(privilege, from)| (subject.clone(), privilege, from, None)));
    }
    Ok(states)
}

/// Returns the rows of a table, in the order of its columns.
fn rows(states: &[State]) -> Vec<Kept> {
    let text = |text: Option<&str>| text.map(str::to_owned);
    let number = |number: Option<i64>| number.map(|number| number.to_string());
    let row = |(subject, privilege, from, to): &State| {
        vec![
            text(Some(subject)),
            text(Some(&privilege.reason)),
            text(privilege.level),
            text(privilege.scope),
            number(privilege.conditional.map(i64::from)),
            text(privilege.action.as_deref()),
            text(Some(&privilege.source)),
            text(privilege.unread.as_deref()),
            number(Some(*from)),
            number(*to),
        ]
    };
    states.iter().map(row).collect()
}

fn read(connection: &Connection, table: &str) -> rusqlite::Result<Vec<(i64, Kept)>> {
    let mut statement = connection.prepare(&format!("SELECT rowid, * FROM {table}"))?;
    let width = statement.column_count();
    let rows = statement.query_map([], |row| {
        let cell = |column| -> rusqlite::Result<Option<String>> {
            Ok(match row.get_ref(column)? {
                ValueRef::Null => None,
                ValueRef::Integer(number) => Some(number.to_string()),
                other => other.as_bytes_or_null()?.map(|text| String::from_utf8_lossy(text).into_owned()),
            })
        };
        Ok((row.get(0)?, (1..width).map(cell).collect::<rusqlite::Result<_>>()?))
    })?;
    rows.collect()
}
