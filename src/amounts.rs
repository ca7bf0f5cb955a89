//! Counts with their nouns, and durations, in the form of messages.

use std::fmt::Display;
use std::time::Duration;

use chrono::TimeDelta;
use indicatif::HumanCount;

/// A whole number of any type.
pub trait Count: Copy + Display + PartialEq + From<u8> {}

impl<T: Copy + Display + PartialEq + From<u8>> Count for T {}

/// Returns `one` for a count of 1, and `many` for every other count.
pub fn plural<'w>(count: impl Count, one: &'w str, many: &'w str) -> &'w str {
    if count == 1.into() { one } else { many }
}

/// Returns a count with its noun, whose plural ends with `s`: `1 row`, `2000 rows`.
pub fn counted(count: impl Count, noun: &str) -> String {
    format!("{count} {noun}{}", plural(count, "", "s"))
}

/// Returns a count with its noun or phrase: `1 entry`, `2 entries`.
pub fn counted_as(count: impl Count, one: &str, many: &str) -> String {
    format!("{count} {}", plural(count, one, many))
}

/// Returns a count with commas between thousands: `2,000`.
pub fn grouped(count: u64) -> String {
    HumanCount(count).to_string()
}

/// Returns a count with commas between thousands, and its noun: `1 row`, `2,000 rows`.
pub fn counted_grouped(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count as u64), plural(count, one, many))
}

/// Returns a duration in the notation of options, to the millisecond: `1h 30m`, `1m 2s 345ms`.
pub fn exact_duration(time: Duration) -> String {
    let millis = u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
    humantime::format_duration(Duration::from_millis(millis)).to_string()
}

/// Returns an approximate duration in the notation of options, below two minutes to the second, else to the minute: `42m`.
pub fn rough_duration(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let rough = if seconds < 120 { seconds } else { seconds - seconds % 60 };
    exact_duration(Duration::from_secs(rough))
}

/// Returns the distance of two times in its largest whole unit: `31 minutes`, `23 hours`, `5 days`. Hours are used for up to
/// two days.
pub fn in_one_unit(time: TimeDelta) -> String {
    match time.num_minutes() {
        minutes @ ..60 => counted(minutes, "minute"),
        minutes @ 60..2_880 => counted(minutes / 60, "hour"),
        minutes => counted(minutes / 1_440, "day"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_the_only_singular() {
        assert_eq!(
            [0_u64, 1, 2, 2_000].map(|count| counted_as(count, "entry", "entries")),
            ["0 entries", "1 entry", "2 entries", "2000 entries"]
        );
        assert_eq!(
            [0, 1, 2_000].map(|count| counted_grouped(count, "gap", "gaps")),
            ["0 gaps", "1 gap", "2,000 gaps"]
        );
        assert_eq!([0_i64, 1, 2].map(|count| counted(count, "row")), ["0 rows", "1 row", "2 rows"]);
        assert_eq!(plural(-1_i64, "is", "are"), "are");
    }

    #[test]
    fn durations_are_written_as_options_take_them() {
        for (millis, exact, rough) in [
            (0, "0s", "0s"),
            (345, "345ms", "0s"),
            (89_600, "1m 29s 600ms", "1m 30s"),
            (150_000, "2m 30s", "2m"),
            (9_059_000, "2h 30m 59s", "2h 30m"),
        ] {
            let time = Duration::from_millis(millis);
            assert_eq!((exact_duration(time), rough_duration(time)), (exact.to_owned(), rough.to_owned()));
            assert_eq!(humantime::parse_duration(exact), Ok(time));
        }
    }

    #[test]
    fn distances_have_one_unit() {
        for (minutes, expected) in
            [(1, "1 minute"), (59, "59 minutes"), (60, "1 hour"), (2_879, "47 hours"), (2_880, "2 days")]
        {
            assert_eq!(in_one_unit(TimeDelta::minutes(minutes)), expected);
        }
    }
}
