//! The diff that fits on a screen, whatever the size of the organization. If there are too many changes to list one by
//! one, it groups access by cause, counts the rows, and groups unseen scopes by gap. Omitted parts are counted, with
//! the command that shows them.

use std::collections::{BTreeMap, BTreeSet};

use super::super::change::{Change, ChangeKind, Diff, HidingGap};
use super::report::{Detail, Entry, Section};
use super::{Body, TextOptions, access, activity, causes, command, recreated, rows};
use crate::amounts::{counted, counted_as};
use crate::excerpt::excerpt;

/// The number of lines up to which access changes are listed one by one.
const ACCESS_LINES: usize = 25;
/// The number of causes listed in addition to those of administrators.
const CAUSES: usize = 20;
/// The number of lines up to which rows are listed one by one.
const ROW_LINES: usize = 40;
/// The number of recreated entities that are listed.
const FEW: usize = 4;
/// The width in which example names are written out.
const NAMES: usize = 60;
/// The maximum width of one example name.
const NAME: usize = 40;
/// The number of changed columns that are named.
const FIELDS: usize = 3;

/// Returns everything but the summary.
pub fn body(diff: &Diff, known: &[&Change], options: TextOptions<'_>) -> Body {
    let one_by_one = access::section(&diff.access_changes);
    let access = match one_by_one.lines() <= ACCESS_LINES {
        true => one_by_one,
        false => by_cause(diff, options),
    };
    let mut sections = vec![access, few(recreated(&diff.recreations), diff, options)];
    let one_by_one = rows::sections(diff, known, options);
    let counts_rows = one_by_one.iter().map(Section::lines).sum::<usize>() > ROW_LINES;
    match counts_rows {
        false => sections.extend(one_by_one),
        true => sections.push(counted_rows(diff, known, options)),
    }
    sections.push(not_seen(diff));
    Body { sections, counts_rows }
}

/// Returns the first entries of a section, with the number of others.
fn few(mut section: Section, diff: &Diff, options: TextOptions<'_>) -> Section {
    let more = section.entries.len().saturating_sub(FEW);
    if more > 0 {
        section.entries.truncate(FEW);
        section.rest.push(format!("… and {more} more: {}", command(diff, " --details", options)));
    }
    section
}

fn by_cause(diff: &Diff, options: TextOptions<'_>) -> Section {
    let groups = causes::groups(&diff.access_changes);
    let (told, rest): (Vec<_>, Vec<_>) = {
        let mut others = 0;
        groups.into_iter().partition(|group| {
            others += usize::from(!group.is_privileged);
            group.is_privileged || others <= CAUSES
        })
    };
    let policies = causes::policies(&diff.changes);
    let entries = told.iter().map(|group| group.entry(&policies)).collect();
    let people: BTreeSet<&str> = rest.iter().flat_map(|group| group.people()).collect();
    let more = (!rest.is_empty()).then(|| {
        let causes = counted(rest.len(), "more cause");
        format!("… and {causes}, of {}", counted_as(people.len(), "person", "people"))
    });
    let all = (!told.is_empty())
        .then(|| format!("each access, and its paths: {}", command(diff, " --access --details", options)));
    Section { heading: "access, by cause".to_owned(), entries, rest: more.into_iter().chain(all).collect() }
}

/// Returns the number of added, removed and changed rows of each resource, with the first names.
fn counted_rows(diff: &Diff, known: &[&Change], options: TextOptions<'_>) -> Section {
    let mut entries = Vec::new();
    for of_resource in known.chunk_by(|one, other| one.resource == other.resource) {
        let resource = of_resource[0].resource;
        for kind in [ChangeKind::Added, ChangeKind::Removed, ChangeKind::Changed] {
            let rows: Vec<&Change> = of_resource.iter().copied().filter(|row| row.change == kind).collect();
            if !rows.is_empty() {
                let line = format!("{resource}: {} {}{}", rows.len(), kind.as_str(), of_rows(&rows));
                entries.push(Entry { sign: kind, line, details: Vec::new() });
            }
        }
    }
    for (resource, rows) in diff.activity() {
        let words = activity(resource, rows).into_iter();
        entries.extend(words.map(|words| Entry {
            sign: ChangeKind::Changed,
            line: format!("{resource}: {words}"),
            details: Vec::new(),
        }));
    }
    let all = format!("row by row: {}", command(diff, " --details", options));
    Section { heading: "rows".to_owned(), entries, rest: vec![all] }
}

/// Returns `: title 30, user_status 11 (ana, bo, …)`. A column that changed in all rows needs no number.
fn of_rows(rows: &[&Change]) -> String {
    let mut fields: BTreeMap<&str, usize> = BTreeMap::new();
    for field in rows.iter().flat_map(|row| &row.fields) {
        *fields.entry(field).or_default() += 1;
    }
    let mut fields: Vec<_> = fields.into_iter().collect();
    fields.sort_by_key(|(_, rows)| std::cmp::Reverse(*rows));
    let several = fields.len() > FIELDS;
    let mut fields: Vec<String> = fields
        .into_iter()
        .take(FIELDS)
        .map(|(field, changed)| match changed == rows.len() {
            true => field.to_owned(),
            false => format!("{field} {changed}"),
        })
        .collect();
    fields.extend(several.then(|| "…".to_owned()));
    let fields = if fields.is_empty() { String::new() } else { format!(": {}", fields.join(", ")) };
    let (mut names, mut columns) = (Vec::new(), 0);
    for row in rows {
        let name = excerpt(&row.label, NAME);
        columns += name.chars().count() + 2;
        if columns > NAMES && !names.is_empty() {
            names.push("…".into());
            break;
        }
        names.push(name);
    }
    format!("{fields} ({})", names.join(", "))
}

/// Returns the scopes that one side did not see. Those hidden by the same reason share an entry.
fn not_seen(diff: &Diff) -> Section {
    let mut scopes: BTreeMap<_, Vec<&Change>> = BTreeMap::new();
    for change in diff.changes.iter().filter(|change| change.change == ChangeKind::Unknown) {
        let reason =
            change.gap.as_ref().map(|gap| (&gap.kind, &gap.operation, &gap.error_code, gap.snapshot_id));
        scopes.entry((change.resource, reason)).or_default().push(change);
    }
    let entries = scopes.into_values().map(|scopes| match scopes.as_slice() {
        [only] => rows::unknown_entry(only),
        several => of_scopes(diff, several),
    });
    Section { heading: "not seen".to_owned(), entries: entries.collect(), rest: Vec::new() }
}

fn of_scopes(diff: &Diff, scopes: &[&Change]) -> Entry {
    let resource = scopes[0].resource;
    // A row under several gaps is counted in each of them.
    let rows: i64 = scopes.iter().filter_map(|scope| scope.rows).sum();
    let rows = rows.min(diff.not_seen.get(resource).copied().unwrap_or(i64::MAX));
    let labels: Vec<_> = scopes.iter().take(2).map(|scope| excerpt(&scope.label, NAME)).collect();
    let more = if scopes.len() > 2 { ", …" } else { "" };
    Entry {
        sign: ChangeKind::Unknown,
        line: format!(
            "{resource} of {} scopes ({}{more}): {}",
            scopes.len(),
            labels.join(", "),
            rows::left_open(rows)
        ),
        // Each gap has its own message, which names its scope.
        details: scopes[0]
            .gap
            .iter()
            .map(|gap| Detail::Aside(rows::hidden_by(&HidingGap { message: None, ..gap.clone() })))
            .collect(),
    }
}
