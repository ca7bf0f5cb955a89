//! A pager between a long answer and the terminal.
//!
//! What is written is held back until it is taller than the terminal: what is not needs no pager, whichever it is.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::termios::tcgetwinsize;

use super::stderr;
use crate::signals;

/// What names the pager in the environment, the first that is set.
const VARIABLES: [&str; 2] = ["ORGCENSUS_PAGER", "PAGER"];

/// The pager where nothing names one.
const USUAL: &str = "less";

/// What `less` is told where nothing else is: to end at once where all fits, to show colours, and to leave the text on
/// the screen.
const LESS: (&str, &str) = ("LESS", "FRX");

/// A terminal with a pager before it, for as long as one is needed.
pub(super) struct Pager {
    terminal: BufWriter<File>,
    /// The program and its arguments.
    command: Vec<String>,
    /// Whether somebody chose it.
    is_chosen: bool,
    rows: usize,
    state: State,
}

enum State {
    /// Not taller than the terminal so far.
    Held { text: Vec<u8>, lines: usize },
    /// Written to the terminal itself.
    Plain,
    /// Shown by the pager; its input is closed to tell it the end.
    Shown { pager: Child, input: Option<BufWriter<ChildStdin>> },
}

impl Pager {
    /// Stands before the terminal; where no pager is wanted, the terminal is given back.
    pub fn before(terminal: BufWriter<File>) -> Result<Self, BufWriter<File>> {
        let rows = tcgetwinsize(terminal.get_ref()).map_or(0, |size| usize::from(size.ws_row));
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let chosen = VARIABLES.into_iter().find_map(|name| std::env::var(name).ok());
        let command: Vec<String> =
            chosen.as_deref().unwrap_or(USUAL).split_whitespace().map(str::to_owned).collect();
        // cat pages nothing.
        if rows == 0 || is_dumb || command.first().is_none_or(|program| program == "cat") {
            return Err(terminal);
        }
        let state = State::Held { text: Vec::new(), lines: 0 };
        Ok(Self { terminal, command, is_chosen: chosen.is_some(), rows, state })
    }

    /// Begins to show what was held back.
    fn start(&mut self) -> io::Result<()> {
        let State::Held { text, .. } = mem::replace(&mut self.state, State::Plain) else { return Ok(()) };
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::piped());
        if std::env::var_os(LESS.0).is_none() {
            command.env(LESS.0, LESS.1);
        }
        // What was said so far stands above what the pager shows.
        match command.spawn() {
            Ok(mut pager) => {
                let input = pager.stdin.take().map(BufWriter::new);
                self.state = State::Shown { pager, input };
            }
            Err(error) if self.is_chosen => stderr::warn(format!(
                "cannot start the pager {}: {error}; --no-pager does without it",
                self.command[0]
            )),
            Err(_) => {}
        }
        self.target().write_all(&text)?;
        self.target().flush()
    }

    fn target(&mut self) -> &mut dyn Write {
        match &mut self.state {
            State::Shown { input: Some(input), .. } => input,
            State::Held { .. } | State::Plain | State::Shown { input: None, .. } => &mut self.terminal,
        }
    }
}

impl Write for Pager {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let State::Held { text, lines } = &mut self.state else { return self.target().write(bytes) };
        text.extend_from_slice(bytes);
        *lines += bytes.iter().filter(|byte| **byte == b'\n').count();
        // The prompt takes a line.
        if *lines >= self.rows {
            self.start()?;
        }
        Ok(bytes.len())
    }

    /// Shows at once what was held back: who flushes wants it read.
    fn flush(&mut self) -> io::Result<()> {
        if let State::Held { text, .. } = &mut self.state {
            let text = mem::take(text);
            self.state = State::Plain;
            self.terminal.write_all(&text)?;
        }
        self.target().flush()
    }
}

impl Drop for Pager {
    /// Waits until the pager was left: it has the terminal.
    fn drop(&mut self) {
        let _ = self.flush();
        let State::Shown { pager, input } = &mut self.state else { return };
        // Ctrl-C is the pager's, too.
        let heard = Arc::new(AtomicBool::new(false));
        let _ = signals::tell(&heard);
        drop(input.take());
        let _ = pager.wait();
    }
}
