//! The one error type and the exit codes.
//!
//! An error is a kind (which decides the exit code), a lowercase message that names the thing, an optional cause, and
//! hints: the next command to type. Only `main` prints errors.

use std::error::Error as StdError;
use std::fmt;

/// The result type of every fallible function of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The process's exit codes. They are documented in the README and part of the command line's contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitStatus {
    /// Everything that was requested was done.
    Done = 0,
    /// The command failed.
    Failed = 1,
    /// The command line is wrong, or contains an unknown name.
    Usage = 2,
    /// `diff --exit-code` found changes.
    Changed = 3,
    /// A snapshot was published with gaps; `diff --exit-code` found something unknown and no change; or
    /// `--require-complete` was not met.
    Incomplete = 4,
    /// The collection stopped before publishing; running the command again resumes it.
    Resumable = 5,
    /// A signal interrupted the command. A collection can be resumed.
    Interrupted = 130,
}

impl From<ExitStatus> for std::process::ExitCode {
    fn from(status: ExitStatus) -> Self {
        Self::from(status as u8)
    }
}

/// The kind of a failure, as far as a caller or the exit code depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line, SQL or a parameter's value is malformed.
    Usage,
    /// A well-formed name (of a query, user, snapshot, column, …) that matches nothing, or several things.
    UnknownName,
    /// A permanent failure outside the program: a file, the database, AWS.
    Failed,
    /// The requested snapshot is not completely covered (`--require-complete`).
    Incomplete,
    /// A collection had to stop but kept its staging, for example because credentials expired or the network failed.
    Resumable,
    /// The user interrupted.
    Interrupted,
    /// The reader of standard output is gone. Nothing is reported.
    BrokenPipe,
}

/// A failure as the user reads it.
#[derive(Debug)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    excerpt: Vec<String>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
    hints: Vec<String>,
}

impl Error {
    /// Creates an error. `message` is a lowercase fragment that names the thing, without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), excerpt: Vec::new(), cause: None, hints: Vec::new() }
    }

    /// Creates an error for a malformed command line, SQL statement or value (exit code 2).
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// Creates an error for a name that matches nothing, or more than one thing (exit code 2).
    pub fn unknown(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::UnknownName, message)
    }

    /// Creates an error for a failure outside the program (exit code 1).
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// Puts the name of the affected thing before the message, where it is one of several.
    #[must_use]
    pub fn within(mut self, what: &str) -> Self {
        self.message = format!("{what}: {}", self.message);
        self
    }

    /// Adds lines with the faulty input, shown below the message. The message itself is one line.
    #[must_use]
    pub fn excerpted(mut self, lines: impl IntoIterator<Item = String>) -> Self {
        self.excerpt.extend(lines);
        self
    }

    /// Adds the cause, shown as `caused by: …`.
    #[must_use]
    pub fn caused_by(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// Adds a next step for the user, shown as `hint: …`.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds a next step if there is one: "did you mean …?" has no answer for every name.
    #[must_use]
    pub fn hint_if_any(mut self, hint: Option<String>) -> Self {
        self.hints.extend(hint);
        self
    }

    /// Returns the kind, for callers that branch on it.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// Returns the lines below the message.
    pub fn excerpt(&self) -> &[String] {
        &self.excerpt
    }

    /// Returns the next steps to print, most useful first.
    pub fn hints(&self) -> &[String] {
        &self.hints
    }

    /// Returns the exit code that this error ends the process with.
    pub fn exit_status(&self) -> ExitStatus {
        match self.kind {
            ErrorKind::Usage | ErrorKind::UnknownName => ExitStatus::Usage,
            ErrorKind::Failed => ExitStatus::Failed,
            ErrorKind::Incomplete => ExitStatus::Incomplete,
            ErrorKind::Resumable => ExitStatus::Resumable,
            ErrorKind::Interrupted => ExitStatus::Interrupted,
            // As in `yes | head`: the reader has all the lines it wanted.
            ErrorKind::BrokenPipe => ExitStatus::Done,
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.cause.as_ref().map(|cause| cause.as_ref() as _)
    }
}
