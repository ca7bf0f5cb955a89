//! The two ends of a range of snapshots as people type them: `FROM TO`, `FROM..TO`, or one of them alone.

/// The ends that were typed, each if it was.
pub fn ends<'t>(from: Option<&'t str>, to: Option<&'t str>) -> (Option<&'t str>, Option<&'t str>) {
    let typed = |end: &'t str| Some(end).filter(|end| !end.is_empty());
    match (from.and_then(|range| range.split_once("..")), to) {
        (Some((from, to)), None) => (typed(from), typed(to)),
        _ => (from, to),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_typed_in_one_word_or_in_two() {
        for (from, to) in [(Some("1..4"), None), (Some("1"), Some("4"))] {
            assert_eq!(ends(from, to), (Some("1"), Some("4")));
        }
        assert_eq!(ends(Some("1.."), None), (Some("1"), None));
        assert_eq!(ends(Some("..4"), None), (None, Some("4")));
        assert_eq!(ends(Some("1"), None), (Some("1"), None));
        assert_eq!(ends(None, None), (None, None));
    }
}
