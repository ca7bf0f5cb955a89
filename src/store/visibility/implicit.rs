//! The rows that a snapshot could not see because of its way of listing a resource: the declared [`ImplicitGap`]s, in
//! SQL.
//!
//! A row is left out if neither the snapshot nor the compared one knows the thing that the row is listed by.

use crate::model::{ImplicitGap, ResourceSpec};
use crate::store::file::{literal, quoted};

/// Returns the condition that the snapshot `s` could not see the absence of the row of the version `v`, which is alive
/// in the later snapshot `other`; `None` if no row is left out.
pub(super) fn before(spec: &ResourceSpec, other: &str) -> Option<String> {
    any(spec.implicit_gaps.iter().map(|gap| hides(spec, gap, other)))
}

/// Returns the condition that the snapshot `s` could not see that the row of the version `v`, alive in the earlier
/// snapshot `other`, is gone.
pub(super) fn since(spec: &ResourceSpec, other: &str) -> Option<String> {
    any(spec.implicit_gaps.iter().filter(|gap| gap.hides_ends).map(|gap| hides(spec, gap, other)))
}

/// Returns the condition that the snapshot `s` may not have seen that the row is gone, for any earlier snapshot.
pub(super) fn ever(spec: &ResourceSpec) -> Option<String> {
    let may_hide =
        |gap: &ImplicitGap| format!("{}\n    AND {}", listed(gap), missing_on(gap, "s.snapshot_id"));
    any(spec.implicit_gaps.iter().filter(|gap| gap.hides_ends).map(may_hide))
}

/// Returns the condition that the snapshot `s` did not look for all rows of the resource, and the reason; `None` if
/// every snapshot does.
pub(in crate::store) fn limits(spec: &ResourceSpec) -> Option<(&'static str, &'static str)> {
    spec.implicit_gaps.iter().find_map(|gap| Some((gap.listed_so, gap.limits?)))
}

/// Returns the condition that the snapshot `s` used a way of listing that leaves rows out.
pub(super) fn listed(gap: &ImplicitGap) -> String {
    match gap.and_only_if {
        Some(condition) => format!("{}\n    AND {condition}", gap.listed_so),
        None => gap.listed_so.to_owned(),
    }
}

/// Returns the condition that the gap hides the row of the version `v` from the snapshot `s`, compared with another
/// one.
pub(super) fn hides(spec: &ResourceSpec, gap: &ImplicitGap, other: &str) -> String {
    let seen: Vec<String> = gap.unless_seen.iter().map(|columns| scope_of_row(columns)).collect();
    let unless_seen = match seen.is_empty() {
        true => String::new(),
        false => format!(
            "
    AND NOT EXISTS (SELECT 1 FROM seen_under_gaps AS x
        WHERE x.snapshot_id = s.snapshot_id AND x.resource = {}
        AND x.scope IN ({}))",
            literal(spec.name),
            seen.join(", ")
        ),
    };
    format!(
        "{listed}{unless_seen}
    AND {missing}
    AND {missing_there}",
        listed = listed(gap),
        missing = missing_on(gap, "s.snapshot_id"),
        missing_there = missing_on(gap, other),
    )
}

/// Returns the scope of the row of the version `v` with these columns, as its text.
fn scope_of_row(columns: &[&str]) -> String {
    let members = columns.iter().map(|column| format!("{}, v.{}", literal(column), quoted(column)));
    format!("json_object({})", members.collect::<Vec<_>>().join(", "))
}

fn missing_on(gap: &ImplicitGap, day: &str) -> String {
    gap.missing_on.replace("{day}", day)
}

fn any(conditions: impl Iterator<Item = String>) -> Option<String> {
    conditions.reduce(|one, other| format!("{one}\n    OR {other}"))
}
