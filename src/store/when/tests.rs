//! Tests of the texts that a user may type for a snapshot or a time.

use super::*;
use crate::error::ErrorKind;

/// Returns a Tuesday.
fn now() -> DateTime<Utc> {
    "2026-11-17T10:30:00Z".parse().unwrap()
}

fn by(text: &str) -> String {
    match When::parse(text, now()) {
        Ok(When::By { instant, typed, .. }) => {
            assert_eq!(typed, text.trim());
            instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
        }
        other => panic!("{text}: {other:?}"),
    }
}

fn first_of(text: &str) -> String {
    beginning("d", text, now()).unwrap().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}

#[test]
fn ids_and_latest_are_themselves() {
    assert_eq!(When::parse("12", now()).unwrap(), When::Id(12));
    assert_eq!(When::parse("latest", now()).unwrap(), When::Latest { back: 0 });
    assert_eq!(When::parse(" Latest~3 ", now()).unwrap(), When::Latest { back: 3 });
}

#[test]
fn a_period_stands_for_its_end() {
    assert_eq!(by("2026-09-30"), "2026-09-30T23:59:59Z");
    assert_eq!(by("2026-Q3"), "2026-09-30T23:59:59Z");
    assert_eq!(by("2026-q4"), "2026-12-31T23:59:59Z");
    assert_eq!(by("2028-02"), "2028-02-29T23:59:59Z");
    assert_eq!(by("today"), "2026-11-17T23:59:59Z");
    assert_eq!(by("yesterday"), "2026-11-16T23:59:59Z");
}

#[test]
fn a_weekday_is_the_latest_one_and_never_in_the_future() {
    assert_eq!(by("tuesday"), "2026-11-17T23:59:59Z");
    assert_eq!(by("last tuesday"), "2026-11-10T23:59:59Z");
    assert_eq!(by("wednesday"), "2026-11-11T23:59:59Z");
    assert_eq!(by("Mon"), "2026-11-16T23:59:59Z");
}

#[test]
fn times_keep_their_offset_and_are_utc_without_one() {
    assert_eq!(by("2026-09-30T10:00:00+02:00"), "2026-09-30T08:00:00Z");
    assert_eq!(by("2026-09-30 10:00:07"), "2026-09-30T10:00:07Z");
}

#[test]
fn a_minute_is_all_of_it_as_answers_say_when_their_snapshot_was_completed() {
    assert_eq!(by("2026-09-30T10:00Z"), "2026-09-30T10:00:59Z");
    assert_eq!(by("2026-09-30 10:00"), "2026-09-30T10:00:59Z");
}

#[test]
fn a_period_begins_with_its_first_instant() {
    for (text, first) in [
        ("2026-09-30", "2026-09-30T00:00:00Z"),
        ("2026-Q3", "2026-07-01T00:00:00Z"),
        ("2028-02", "2028-02-01T00:00:00Z"),
        ("yesterday", "2026-11-16T00:00:00Z"),
        ("tuesday", "2026-11-17T00:00:00Z"),
        ("2026-09-30T10:00Z", "2026-09-30T10:00:00Z"),
        ("7 days ago", "2026-11-10T10:30:00Z"),
    ] {
        assert_eq!(first_of(text), first, "{text}");
    }
    for text in ["latest", "12", "7 days", "soon"] {
        assert_eq!(beginning("d", text, now()).unwrap_err().kind(), ErrorKind::Usage, "{text}");
    }
}

#[test]
fn relative_times_count_from_now() {
    assert_eq!(by("7 days ago"), "2026-11-10T10:30:00Z");
    assert_eq!(by("2 hours ago"), "2026-11-17T08:30:00Z");
    assert_eq!(by("now"), "2026-11-17T10:30:00Z");
}

#[test]
fn a_day_in_words_is_all_of_it_unless_a_time_follows() {
    assert_eq!(by("30 sep 2026"), "2026-09-30T23:59:59Z");
    assert_eq!(by("september 30"), "2026-09-30T23:59:59Z");
    assert_eq!(by("30 sep 2026 00:00"), "2026-09-30T00:00:00Z");
    assert_eq!(by("30 sep 2026 10:00"), "2026-09-30T10:00:00Z");
    assert_eq!(first_of("30 sep 2026"), "2026-09-30T00:00:00Z");
}

#[test]
fn the_time_of_a_weekday_is_never_in_the_future() {
    assert_eq!(by("tuesday 10:00"), "2026-11-17T10:00:00Z");
    assert_eq!(by("tuesday 11:00"), "2026-11-10T11:00:00Z");
    assert_eq!(by("wednesday 10:00"), "2026-11-11T10:00:00Z");
    assert_eq!(by("yesterday 10:00"), "2026-11-16T10:00:00Z");
}

#[test]
fn anything_else_is_a_usage_error_with_a_hint() {
    for text in
        ["", "latest~", "latest~x", "latest-", "latest+1", "latest-99999999999", "99999999999999999999"]
    {
        let error = When::parse(text, now()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Usage, "{text}");
        assert!(!error.hints().is_empty());
    }
}

#[test]
fn short_words_for_times() {
    assert_eq!(When::parse("First", now()).unwrap(), When::First);
    assert_eq!(When::parse("latest-3", now()).unwrap(), When::Latest { back: 3 });
    for (text, instant) in [
        ("7d", "2026-11-10T10:30:00Z"),
        ("2w", "2026-11-03T10:30:00Z"),
        ("12H", "2026-11-16T22:30:00Z"),
        ("2026-W47", "2026-11-22T23:59:59Z"),
        ("2026-w01", "2026-01-04T23:59:59Z"),
        ("W47", "2026-11-22T23:59:59Z"),
        ("w48", "2025-11-30T23:59:59Z"),
        ("w53", "2021-01-03T23:59:59Z"),
        ("Q3", "2026-09-30T23:59:59Z"),
        ("q4", "2026-12-31T23:59:59Z"),
        ("2026-09-30T10:00+02:00", "2026-09-30T08:00:59Z"),
        ("2026-09-30T10:00z", "2026-09-30T10:00:59Z"),
        ("2026-09-30 10:00-05:00", "2026-09-30T15:00:59Z"),
    ] {
        assert_eq!(by(text), instant, "{text}");
    }
    let february = "2026-02-01T00:00:00Z".parse().unwrap();
    let When::By { instant, .. } = When::parse("Q3", february).unwrap() else { panic!() };
    assert_eq!(instant.to_rfc3339(), "2025-09-30T23:59:59.999999999+00:00");
}

#[test]
fn a_bare_number_is_an_id() {
    for id in [0, 7, 2026, 20_260_930, 111_122_223_333] {
        assert_eq!(When::parse(&id.to_string(), now()).unwrap(), When::Id(id));
    }
}

#[test]
fn what_is_no_time_may_be_a_label() {
    for text in
        ["q3-review", "2026-Q5", "2026-W54", "soon", "-3", "12x", "3m", "firsts", "2026-13-01", "Q5", "w"]
    {
        let label = When::Label { text: text.to_owned(), is_explicit: false };
        assert_eq!(When::parse(text, now()).unwrap(), label);
        check_label(text).unwrap();
    }
    let explicit = When::Label { text: "2026-Q3".to_owned(), is_explicit: true };
    assert_eq!(When::parse("Label: 2026-Q3 ", now()).unwrap(), explicit);
    for text in
        ["12", "latest", "latest-3", "first", "2026-Q3", "7d", "tuesday", "7 days", "label:x", "Q1", "w2"]
    {
        let error = check_label(text).unwrap_err();
        assert!(error.kind() == ErrorKind::Usage && !error.hints().is_empty(), "{text}");
    }
}

#[test]
fn a_time_to_come_in_words_is_refused() {
    for (text, meant) in [
        ("7 days", "did you mean \"7 days ago\"?"),
        ("3 Weeks", "did you mean \"3 Weeks ago\"?"),
        ("1 month", "did you mean \"1 month ago\"?"),
        ("2 hours", "did you mean \"2 hours ago\"?"),
        ("next friday", "write a date"),
        ("next week", "write a date"),
        ("tomorrow 10:00", "write a date"),
    ] {
        let error = When::parse(text, now()).unwrap_err();
        assert!(error.to_string().ends_with("is in the future, and a census has none"), "{text}: {error}");
        assert!(error.hints()[0].starts_with(meant), "{text}: {:?}", error.hints());
    }
    // An absolute date may be in the future.
    assert_eq!(by("30 dec 2026"), "2026-12-30T23:59:59Z");
}

#[test]
fn a_day_or_more_has_a_beginning() {
    for (text, begins) in [
        ("2026-Q3", Some("2026-07-01T00:00:00Z")),
        ("2026-W47", Some("2026-11-16T00:00:00Z")),
        ("2026-02", Some("2026-02-01T00:00:00Z")),
        ("yesterday", Some("2026-11-16T00:00:00Z")),
        ("30 sep 2026", Some("2026-09-30T00:00:00Z")),
        ("2026-09-30T10:00Z", None),
        ("7d", None),
        ("7 days ago", None),
    ] {
        let When::By { begins: found, .. } = When::parse(text, now()).unwrap() else { panic!("{text}") };
        assert_eq!(found, begins.map(|time| time.parse().unwrap()), "{text}");
    }
}

#[test]
fn what_was_resolved_is_told() {
    for (text, told) in [
        ("tuesday", Some("tuesday is 2026-11-17")),
        ("2026-Q3", Some("2026-Q3 ends 2026-09-30")),
        ("Q3", Some("Q3 ends 2026-09-30")),
        ("2026-W47", Some("2026-W47 ends 2026-11-22")),
        ("7d", Some("7d is 2026-11-10T10:30Z")),
        ("30 sep 2026", Some("30 sep 2026 is 2026-09-30")),
        ("2026-09-30", None),
        ("2026-09-30T10:00Z", None),
        ("latest", None),
    ] {
        assert_eq!(When::parse(text, now()).unwrap().resolved().as_deref(), told, "{text}");
    }
}
