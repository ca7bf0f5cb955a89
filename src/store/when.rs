//! How a user names a snapshot: by id, `latest`, `latest~3`, a date, a time, "7 days ago", a quarter.
//!
//! Only the words are understood here; which snapshot they name is [`Census::resolve`](super::Census)'s
//! business. All times are UTC unless the text says otherwise.

use std::str::FromStr;

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday,
};
use interim::{Dialect, parse_date_string};

use crate::error::{Error, Result};
use crate::invocation;

/// A point of the census's history, as typed after `--at` or `diff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// `12`.
    Id(i64),
    /// `latest` (0 back) or `latest~3`.
    Latest { back: u32 },
    /// The last snapshot completed by this instant (inclusive): a date stands for the end of that day, a
    /// quarter (`2026-Q3`) or a minute (`2026-09-30T10:00Z`) for its end. `typed` is what the user wrote.
    By { instant: DateTime<Utc>, typed: String },
}

impl FromStr for When {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, Utc::now())
    }
}

impl When {
    /// The newest snapshot: what holds where nothing was typed.
    pub const LATEST: Self = Self::Latest { back: 0 };

    /// Parses what a user typed; `now` is what "ago", "today" and a weekday count from.
    pub fn parse(text: &str, now: DateTime<Utc>) -> Result<Self> {
        let typed = text.trim();
        let word = typed.to_ascii_lowercase();
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return word.parse().map(Self::Id).map_err(|_| not_understood(text));
        }
        if let Some(back) = word.strip_prefix("latest") {
            return match back.strip_prefix('~') {
                None if back.is_empty() => Ok(Self::Latest { back: 0 }),
                Some(back) => {
                    back.parse().map(|back| Self::Latest { back }).map_err(|_| not_understood(text))
                }
                None => Err(not_understood(text)),
            };
        }
        let (_, instant) = period(typed, now).ok_or_else(|| not_understood(text))?;
        Ok(Self::By { instant, typed: typed.to_owned() })
    }
}

/// The first instant of what a user typed: where a date says since when, it includes that day. `None` where
/// it is not a time.
pub fn beginning(text: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    period(text.trim(), now).map(|(first, _)| first)
}

/// The first and the last instant of a day, month, quarter or minute; of an exact time both are that time.
fn period(typed: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let word = typed.to_ascii_lowercase();
    let exact = |time: DateTime<Utc>| (time, time);
    days(&word, now.date_naive())
        .or_else(|| exact_time(typed).map(exact))
        .or_else(|| minute(typed))
        .or_else(|| in_words(&word, now))
}

fn days(word: &str, today: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let one = |day: NaiveDate| (day, day);
    let (first, last) = match word {
        "today" => one(today),
        "yesterday" => one(today.pred_opt()?),
        _ => NaiveDate::parse_from_str(word, "%Y-%m-%d")
            .ok()
            .map(one)
            .or_else(|| quarter(word))
            .or_else(|| month(word))
            .or_else(|| weekday(word, today).map(one))?,
    };
    all_of(first, last)
}

/// From the first instant of a day to the last one of another.
fn all_of(first: NaiveDate, last: NaiveDate) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
    Some((midnight(first), last_instant(midnight(last.succ_opt()?))))
}

/// The last instant before another, so that "completed by" includes all of a period.
fn last_instant(next: DateTime<Utc>) -> DateTime<Utc> {
    next - TimeDelta::nanoseconds(1)
}

fn quarter(word: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (year, quarter) = word.split_once("-q")?;
    let quarter: u32 = quarter.parse().ok().filter(|quarter| (1..=4).contains(quarter))?;
    months(year.parse().ok()?, quarter * 3 - 2, 3)
}

fn month(word: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (year, month) = word.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
    months(year.parse().ok()?, month.parse().ok()?, 1)
}

/// The first and the last day of so many months.
fn months(year: i32, first: u32, number: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, first, 1)?;
    Some((first, first.checked_add_months(Months::new(number))?.pred_opt()?))
}

/// The latest such day, today included: a census has no future.
fn weekday(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (name, before_today) = match word.strip_prefix("last ") {
        Some(name) => (name.trim(), true),
        None => (word, false),
    };
    let day: Weekday = name.parse().ok()?;
    let back = u64::from(today.weekday().days_since(day));
    today.checked_sub_days(Days::new(if back == 0 && before_today { 7 } else { back }))
}

/// RFC 3339, or the same without an offset, which is UTC.
fn exact_time(typed: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(typed) {
        return Some(instant.to_utc());
    }
    in_utc(typed, &["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"])
}

/// A time without seconds, as every answer says when its snapshot was completed: all of that minute.
fn minute(typed: &str) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    let first = in_utc(typed, &["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])?;
    Some((first, last_instant(first.checked_add_signed(TimeDelta::minutes(1))?)))
}

fn in_utc(typed: &str, formats: &[&str]) -> Option<DateTime<Utc>> {
    let plain = typed.strip_suffix(['Z', 'z']).unwrap_or(typed);
    let mut times = formats.iter().filter_map(|format| NaiveDateTime::parse_from_str(plain, format).ok());
    times.next().map(|time| time.and_utc())
}

/// `7 days ago`, `30 sep 2026` (all of that day), `friday 10:00`.
fn in_words(word: &str, now: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
    // A single word is a typing error sooner than a relative date ("mar", "now" and the like aside).
    if (!word.contains(' ') && word != "now") || has_a_huge_number(word) {
        return None;
    }
    let mut time = parse_date_string(word, now, Dialect::Uk).ok()?;
    let day = word.strip_prefix("last ").unwrap_or(word).split(' ').next().unwrap_or_default();
    // The parser takes a weekday for the coming one.
    if time > now && day.parse::<Weekday>().is_ok() {
        time = time.checked_sub_signed(TimeDelta::days(7))?;
    }
    let says_when = word.contains(':') || ["am", "pm", "ago"].iter().any(|end| word.ends_with(end));
    match time.time() == NaiveTime::MIN && !says_when {
        true => all_of(time.date_naive(), time.date_naive()),
        false => Some((time, time)),
    }
}

/// More than five digits: the parser multiplies an amount by its unit's seconds, days or months in 32 bits, and
/// would take "400000000 years ago" for some other time.
fn has_a_huge_number(word: &str) -> bool {
    word.split(|symbol: char| !symbol.is_ascii_digit()).any(|digits| digits.len() > 5)
}

fn not_understood(text: &str) -> Error {
    Error::usage(format!("\"{text}\" names no snapshot")).hint(
        "give a snapshot id (12), latest, latest~3, a date (2026-09-30), an RFC 3339 time, \"7 days ago\", \
         tuesday or a quarter (2026-Q3)",
    )
    .hint(format!(
        "a label is not among them: {} lists the labels with their ids",
        invocation::command("snapshots")
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Tuesday.
    fn now() -> DateTime<Utc> {
        "2026-11-17T10:30:00Z".parse().unwrap()
    }

    fn by(text: &str) -> String {
        match When::parse(text, now()) {
            Ok(When::By { instant, typed }) => {
                assert_eq!(typed, text.trim());
                instant.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
            }
            other => panic!("{text}: {other:?}"),
        }
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
            assert_eq!(beginning(text, now()), Some(first.parse().unwrap()), "{text}");
        }
        assert_eq!(beginning("latest", now()), None);
        assert_eq!(beginning("12", now()), None);
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
        assert_eq!(beginning("30 sep 2026", now()), Some("2026-09-30T00:00:00Z".parse().unwrap()));
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
        for text in [
            "",
            "latest~",
            "latest~x",
            "lastest",
            "2026-13-01",
            "2026-Q5",
            "soon",
            "-3",
            "12x",
            "99999999999999999999",
            "400000000 years ago",
            "- 2147483648 hours",
        ] {
            let error = When::parse(text, now()).unwrap_err();
            assert_eq!(error.kind(), crate::error::ErrorKind::Usage, "{text}");
            assert!(!error.hints().is_empty());
        }
    }
}
