//! Parses the time in a text: a day, a week, a month, a quarter, a minute or an instant.

use chrono::{
    DateTime, Datelike, Days, Months, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc, Weekday,
};
use interim::{Dialect, parse_date_string};

/// The first and the last instant of a day, week, month, quarter or minute. For an exact time both are that time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub first: DateTime<Utc>,
    pub last: DateTime<Utc>,
}

/// Returns the time in a text; `None` if there is none, or if it counts from now and is in the future.
pub(super) fn period(typed: &str, now: DateTime<Utc>) -> Option<Period> {
    let word = typed.to_ascii_lowercase();
    let today = now.date_naive();
    days(&word, today)
        .or_else(|| exact_time(typed).map(Period::at))
        .or_else(|| minute(typed))
        .or_else(|| ago(&word, now).map(Period::at))
        .or_else(|| in_words(&word, now).filter(|found| found.last <= now || !is_relative(&word, now)))
}

/// Returns, for a text such as "7 days" that counts from now and is in the future, the same in the past, if it can be
/// expressed.
pub(super) fn relative_future(typed: &str, now: DateTime<Utc>) -> Option<Option<String>> {
    let word = typed.to_ascii_lowercase();
    in_words(&word, now).filter(|found| found.last > now && is_relative(&word, now))?;
    let past = format!("{typed} ago");
    let is_past = in_words(&past.to_ascii_lowercase(), now).is_some_and(|found| found.last < now);
    Some(is_past.then_some(past))
}

impl Period {
    fn at(time: DateTime<Utc>) -> Self {
        Self { first: time, last: time }
    }

    /// Returns the period from the first instant of `first` to the last instant of `last`.
    fn of_days(first: NaiveDate, last: NaiveDate) -> Option<Self> {
        let midnight = |day: NaiveDate| day.and_time(NaiveTime::MIN).and_utc();
        Some(Self { first: midnight(first), last: last_instant(midnight(last.succ_opt()?)) })
    }
}

fn days(word: &str, today: NaiveDate) -> Option<Period> {
    let one = |day: NaiveDate| (day, day);
    let (first, last) = match word {
        "today" => one(today),
        "yesterday" => one(today.pred_opt()?),
        _ => NaiveDate::parse_from_str(word, "%Y-%m-%d")
            .ok()
            .map(one)
            .or_else(|| quarter(word, today))
            .or_else(|| week(word, today))
            .or_else(|| month(word))
            .or_else(|| weekday(word, today).map(one))?,
    };
    Period::of_days(first, last)
}

/// Returns the last instant before another, so that "completed by" includes all of a period.
fn last_instant(next: DateTime<Utc>) -> DateTime<Utc> {
    next - TimeDelta::nanoseconds(1)
}

/// Parses `2026-q3`; `q3` is the last one that began.
fn quarter(word: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    numbered(word, 'q', today, |year, quarter| {
        (1..=4).contains(&quarter).then(|| months(year, quarter * 3 - 2, 3))?
    })
}

/// Parses `2026-w47`, an ISO week; `w47` is the last one that began.
fn week(word: &str, today: NaiveDate) -> Option<(NaiveDate, NaiveDate)> {
    numbered(word, 'w', today, |year, week| {
        let monday = NaiveDate::from_isoywd_opt(year, week, Weekday::Mon)?;
        Some((monday, monday.checked_add_days(Days::new(6))?))
    })
}

/// Parses a part of a year by its number after a letter. The year is the one before the letter, or else the last one in
/// which the part began.
fn numbered(
    word: &str,
    letter: char,
    today: NaiveDate,
    of: impl Fn(i32, u32) -> Option<(NaiveDate, NaiveDate)>,
) -> Option<(NaiveDate, NaiveDate)> {
    let (year, number) = word.split_once(letter)?;
    let number: u32 = number.parse().ok().filter(|_| number.bytes().all(|byte| byte.is_ascii_digit()))?;
    match year.strip_suffix('-') {
        Some(year) => of(year.parse().ok().filter(|_| year.len() == 4)?, number),
        // A week of last year may lie in this one, and week 53 is not in every year.
        None if year.is_empty() => (today.year() - 7..=today.year() + 1)
            .rev()
            .filter_map(|year| of(year, number))
            .find(|(first, _)| *first <= today),
        None => None,
    }
}

fn month(word: &str) -> Option<(NaiveDate, NaiveDate)> {
    let (year, month) = word.split_once('-').filter(|(year, month)| year.len() == 4 && month.len() == 2)?;
    months(year.parse().ok()?, month.parse().ok()?, 1)
}

/// Returns the first and the last day of a number of months.
fn months(year: i32, first: u32, number: u32) -> Option<(NaiveDate, NaiveDate)> {
    let first = NaiveDate::from_ymd_opt(year, first, 1)?;
    Some((first, first.checked_add_months(Months::new(number))?.pred_opt()?))
}

/// Returns the latest such weekday, today included: a census has no future.
fn weekday(word: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (name, before_today) = match word.strip_prefix("last ") {
        Some(name) => (name.trim(), true),
        None => (word, false),
    };
    let day: Weekday = name.parse().ok()?;
    let back = u64::from(today.weekday().days_since(day));
    today.checked_sub_days(Days::new(if back == 0 && before_today { 7 } else { back }))
}

/// Parses RFC 3339, or the same without an offset, which means UTC.
fn exact_time(typed: &str) -> Option<DateTime<Utc>> {
    if let Ok(instant) = DateTime::parse_from_rfc3339(typed) {
        return Some(instant.to_utc());
    }
    in_utc(typed, &["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%d %H:%M:%S%.f"])
}

/// Parses a time without seconds, as answers print the completion of a snapshot: it means all of that minute.
fn minute(typed: &str) -> Option<Period> {
    let with_offset = |format| DateTime::parse_from_str(typed, format).ok().map(|time| time.to_utc());
    let first = in_utc(typed, &["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M"])
        .or_else(|| with_offset("%Y-%m-%dT%H:%M%:z"))
        .or_else(|| with_offset("%Y-%m-%d %H:%M%:z"))?;
    Some(Period { first, last: last_instant(first.checked_add_signed(TimeDelta::minutes(1))?) })
}

fn in_utc(typed: &str, formats: &[&str]) -> Option<DateTime<Utc>> {
    let plain = typed.strip_suffix(['Z', 'z']).unwrap_or(typed);
    let mut times = formats.iter().filter_map(|format| NaiveDateTime::parse_from_str(plain, format).ok());
    times.next().map(|time| time.and_utc())
}

/// Parses `12h`, `7d`, `2w` as that long ago. Months have no fixed length, and `m` could mean minutes.
fn ago(word: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let unit = word.chars().last()?;
    let digits = word.strip_suffix(unit)?;
    let number: i64 = digits
        .parse()
        .ok()
        .filter(|_| digits.len() <= 5 && digits.bytes().all(|byte| byte.is_ascii_digit()))?;
    let ago = match unit {
        'h' => TimeDelta::hours(number),
        'd' => TimeDelta::days(number),
        'w' => TimeDelta::weeks(number),
        _ => return None,
    };
    now.checked_sub_signed(ago)
}

/// Parses `7 days ago`, `30 sep 2026` (all of that day), `friday 10:00`.
fn in_words(word: &str, now: DateTime<Utc>) -> Option<Period> {
    // A single word is more likely a typing error than a relative date (apart from "now").
    if (!word.contains(' ') && word != "now") || has_a_huge_number(word) {
        return None;
    }
    let mut time = parse_date_string(word, now, Dialect::Uk).ok()?;
    let day = word.strip_prefix("last ").unwrap_or(word).split(' ').next().unwrap_or_default();
    // The parser reads a weekday as the coming one.
    if time > now && day.parse::<Weekday>().is_ok() {
        time = time.checked_sub_signed(TimeDelta::days(7))?;
    }
    let says_when = word.contains(':') || ["am", "pm", "ago"].iter().any(|end| word.ends_with(end));
    match time.time() == NaiveTime::MIN && !says_when {
        true => Period::of_days(time.date_naive(), time.date_naive()),
        false => Some(Period::at(time)),
    }
}

/// Returns true if the text counts from now, as "7 days" and "next friday" do and "30 sep" does not: its time then
/// moves with now.
fn is_relative(word: &str, now: DateTime<Utc>) -> bool {
    let of = |now| Some(in_words(word, now)?.last);
    let week = TimeDelta::weeks(1);
    let moves = now.checked_add_signed(week).and_then(of).zip(of(now)).is_some_and(|(b, a)| b - a == week);
    moves || in_words(&format!("{word} ago"), now).is_some_and(|found| found.last < now)
}

/// Returns true for more than five digits: the parser multiplies an amount by its unit's seconds, days or months in 32
/// bits, and would read "400000000 years ago" as another time.
fn has_a_huge_number(word: &str) -> bool {
    word.split(|symbol: char| !symbol.is_ascii_digit()).any(|digits| digits.len() > 5)
}
