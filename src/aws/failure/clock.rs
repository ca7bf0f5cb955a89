//! Requests that AWS refuses because of their time.
//!
//! The services' messages: `Signature expired: 20261128T180000Z is now earlier than 20261128T185500Z (20261128T190000Z
//! - 5 min.)`, `Signature not yet current: … is still later than … (… + 5 min.)`.

use chrono::{NaiveDateTime, TimeDelta};

use crate::amounts::in_one_unit;

/// Returns true if an error means that the request's time is too far from AWS's.
pub(super) fn is_about_the_clock(code: &str, message: &str) -> bool {
    matches!(code, "RequestTimeTooSkewed" | "RequestExpired" | "RequestInTheFuture")
        || message.starts_with("Signature expired:")
        || message.starts_with("Signature not yet current:")
}

/// Returns the remedy, with the error of the clock if the message shows it.
pub(super) fn remedy(message: &str) -> String {
    let clock = match lag(message) {
        Some(lag) if lag > TimeDelta::zero() => format!("is about {} behind AWS's", in_one_unit(lag)),
        Some(lag) => format!("is about {} ahead of AWS's", in_one_unit(-lag)),
        None => "differs from AWS's".to_owned(),
    };
    format!(
        "this machine's clock {clock}: set it (e.g. sudo timedatectl set-ntp true), and run the command again"
    )
}

/// Returns how far the request's time, which comes first, is behind AWS's, which comes last.
fn lag(message: &str) -> Option<TimeDelta> {
    let mut times = message
        .split(|one: char| !one.is_ascii_alphanumeric())
        .filter_map(|word| NaiveDateTime::parse_from_str(word, "%Y%m%dT%H%M%SZ").ok());
    let request = times.next()?;
    Some(times.next_back()? - request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_remedy_says_how_wrong_the_clock_is() {
        for (message, clock) in [
            (
                "Signature expired: 20261128T160000Z is now earlier than 20261128T185500Z (20261128T190000Z - 5 min.)",
                "clock is about 3 hours behind AWS's",
            ),
            (
                "Signature not yet current: 20261201T190000Z is still later than 20261128T190500Z (20261128T190000Z + 5 min.)",
                "clock is about 3 days ahead of AWS's",
            ),
            (
                "Signature expired: 20261128T182900Z is now earlier than 20261128T185500Z (20261128T190000Z - 5 min.)",
                "clock is about 31 minutes behind AWS's",
            ),
            (
                "The difference between the request time and the server's time is too large.",
                "clock differs from AWS's",
            ),
        ] {
            assert!(remedy(message).contains(clock), "{message}: {}", remedy(message));
        }
    }

    #[test]
    fn a_wrong_time_is_told_from_a_wrong_key() {
        assert!(is_about_the_clock("RequestTimeTooSkewed", ""));
        assert!(is_about_the_clock(
            "InvalidSignatureException",
            "Signature expired: 20261128T160000Z is now"
        ));
        assert!(is_about_the_clock(
            "SignatureDoesNotMatch",
            "Signature not yet current: 20261128T160000Z is"
        ));
        let other = "The request signature we calculated does not match the signature you provided.";
        assert!(!is_about_the_clock("SignatureDoesNotMatch", other));
        assert!(!is_about_the_clock("ExpiredTokenException", "The security token included has expired"));
    }
}
