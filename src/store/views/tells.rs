//! The snapshots that a table or view covers: one, or many at once.

use super::{CHANGES, SNAPSHOT_DATES, STALE_ROWS};
use crate::model::{DERIVED_VIEWS, OverRange, RESOURCES};

/// The snapshots that a table or view covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tells {
    /// The answering snapshot, or those of the requested range.
    Answering,
    /// Every snapshot of the requested range; without a range, every kept snapshot up to the answering one.
    Each,
    /// Every kept snapshot up to the answering one or to the range's end.
    UntilThen,
}

/// Returns the snapshots that the table or view of this name covers.
pub fn tells(name: &str) -> Tells {
    let of_resource = RESOURCES.iter().find_map(|spec| name.strip_prefix(spec.name)).map(|end| match end {
        "_by_snapshot" | "_changes" => Tells::Each,
        "_history" | "_versions" => Tells::UntilThen,
        _ => Tells::Answering,
    });
    let is_over_range = |name: &str| {
        let mut views = DERIVED_VIEWS.iter().chain([&CHANGES, &STALE_ROWS, &SNAPSHOT_DATES]);
        views.any(|view| view.name == name && matches!(view.over_range, OverRange::Same))
    };
    match of_resource {
        Some(tells) if tells != Tells::Answering => tells,
        _ if !is_over_range(name.strip_suffix("_steps").unwrap_or(name)) => Tells::Answering,
        _ if name.ends_with("_history") => Tells::UntilThen,
        _ => Tells::Each,
    }
}

/// Returns true if the view shows rows of every resource.
pub fn shows_every_resource(name: &str) -> bool {
    [CHANGES.name, STALE_ROWS.name].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_view_tells_of_one_snapshot_or_of_many() {
        for (name, expected) in [
            ("users", Tells::Answering),
            ("users_by_snapshot", Tells::Each),
            ("group_memberships_changes", Tells::Each),
            ("groups_history", Tells::UntilThen),
            ("tags_versions", Tells::UntilThen),
            ("changes", Tells::Each),
            ("access_changes", Tells::Each),
            ("access_change_causes", Tells::Each),
            ("access_change_causes_steps", Tells::Each),
            ("access_change_totals", Tells::Each),
            ("snapshot_metrics", Tells::Each),
            ("snapshot_dates", Tells::Each),
            ("effective_access_history", Tells::UntilThen),
            ("effective_access", Tells::Answering),
            ("orphan_assignments", Tells::Answering),
            ("stale_rows", Tells::Answering),
            ("coverage", Tells::Answering),
        ] {
            assert_eq!(tells(name), expected, "{name}");
        }
    }
}
