//! Shows the progress of a collection: a moving line on a terminal, plain lines at intervals elsewhere.

use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::amounts::{counted, exact_duration};
use crate::collect::{Progress, Tick};
use crate::output::{stderr, text};

/// The interval of plain lines without a terminal, after the first one, so that a job's log stays readable.
const PLAIN_EVERY: Duration = Duration::from_secs(30);

/// Prints the progress to standard error.
pub struct Printer {
    bar: Option<ProgressBar>,
    quiet: bool,
    speaks: bool,
    /// The time of the last plain line.
    told: Option<Instant>,
}

impl Printer {
    /// Returns a printer with a moving line on a terminal, plain lines otherwise, and no output when quiet.
    pub fn new(quiet: bool) -> Self {
        let bar = (!quiet && std::io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(Some(0), ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{bar:24} {pos}/{len} tasks  {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        Self { bar, quiet, speaks: true, told: None }
    }

    /// Shows the progress, but no messages.
    #[must_use]
    pub fn silently(self) -> Self {
        Self { speaks: false, told: Some(Instant::now()), ..self }
    }

    /// Removes the moving line.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

impl Progress for Printer {
    fn say(&mut self, line: &str) {
        if !self.speaks {
            return;
        }
        match &self.bar {
            Some(bar) => bar.suspend(|| stderr::say(line)),
            None => stderr::say(line),
        }
    }

    fn tick(&mut self, tick: &Tick) {
        if self.quiet {
            return;
        }
        let message = describe(tick);
        match &self.bar {
            Some(bar) => {
                bar.set_length(tick.ended + tick.open);
                bar.set_position(tick.ended);
                bar.set_message(text::one_line(&message).into_owned());
            }
            None if self.told.is_none_or(|told| told.elapsed() >= PLAIN_EVERY) => {
                self.told = Some(Instant::now());
                stderr::say(format!("{} of {} tasks, {message}", tick.ended, tick.ended + tick.open));
            }
            None => {}
        }
    }
}

fn describe(tick: &Tick) -> String {
    let throttled =
        if tick.throttled > 0 { format!(", {} throttled", tick.throttled) } else { String::new() };
    let remaining = match tick.remaining {
        None => "still counting".to_owned(),
        Some(time) => format!("about {} left", exact_duration(Duration::from_secs(time.as_secs() + 1))),
    };
    let calls = counted(tick.calls, "call");
    format!("{calls}{throttled}, {}, {remaining}", counted(tick.rows, "row"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_left_is_not_told_before_everything_is_counted() {
        let mut tick = Tick { calls: 3, rows: 40, ..Tick::default() };
        assert_eq!(describe(&tick), "3 calls, 40 rows, still counting");
        tick.remaining = Some(Duration::from_secs(89));
        tick.throttled = 2;
        assert_eq!(describe(&tick), "3 calls, 2 throttled, 40 rows, about 1m 30s left");
    }
}
