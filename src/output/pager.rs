//! A pager between a long answer and the terminal.
//!
//! Output is held back until it is taller than the terminal, because shorter output needs no pager.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::mem;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::termios::tcgetwinsize;

use super::stderr;
use crate::signals;

/// The environment variables that name the pager. The first that is set counts.
const VARIABLES: [&str; 2] = ["ORGCENSUS_PAGER", "PAGER"];

/// The default pager.
const USUAL: &str = "less";

/// The default options of `less`: to end at once if everything fits, to show colours, and to leave the text on the
/// screen.
const LESS: (&str, &str) = ("LESS", "FRX");

/// A terminal behind a pager, for as long as one is needed.
pub(super) struct Pager {
    terminal: BufWriter<File>,
    /// The program and its arguments.
    command: Vec<String>,
    /// True if the user chose it.
    is_chosen: bool,
    rows: usize,
    state: State,
}

enum State {
    /// Not yet taller than the terminal.
    Held { text: Vec<u8>, lines: usize },
    /// Written to the terminal itself.
    Plain,
    /// Shown by the pager. Closing its input ends it.
    Shown { pager: Child, input: Option<BufWriter<ChildStdin>> },
}

impl Pager {
    /// Puts a pager before the terminal, or returns the terminal if no pager is wanted.
    pub fn before(terminal: BufWriter<File>) -> Result<Self, BufWriter<File>> {
        let rows = tcgetwinsize(terminal.get_ref()).map_or(0, |size| usize::from(size.ws_row));
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        let chosen = VARIABLES.into_iter().find_map(|name| std::env::var(name).ok());
        let command: Vec<String> =
            chosen.as_deref().unwrap_or(USUAL).split_whitespace().map(str::to_owned).collect();
        // cat does not page.
        if rows == 0 || is_dumb || command.first().is_none_or(|program| program == "cat") {
            return Err(terminal);
        }
        let state = State::Held { text: Vec::new(), lines: 0 };
        Ok(Self { terminal, command, is_chosen: chosen.is_some(), rows, state })
    }

    /// Begins to show the text that was held back.
    fn start(&mut self) -> io::Result<()> {
        let State::Held { text, .. } = mem::replace(&mut self.state, State::Plain) else { return Ok(()) };
        let mut command = Command::new(&self.command[0]);
        command.args(&self.command[1..]).stdin(Stdio::piped());
        if std::env::var_os(LESS.0).is_none() {
            command.env(LESS.0, LESS.1);
        }
        // Earlier messages stand above the pager's text.
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

    /// Shows the text that was held back at once, because flushing means that it is to be read.
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
    /// Waits until the pager ends, because it uses the terminal.
    fn drop(&mut self) {
        let _ = self.flush();
        let State::Shown { pager, input } = &mut self.state else { return };
        // Ctrl-C belongs to the pager meanwhile.
        let heard = Arc::new(AtomicBool::new(false));
        let _ = signals::tell(&heard);
        drop(input.take());
        let _ = pager.wait();
    }
}
