//! The common part of the forms of `export`: the snapshot that answers, the filters, and the messages.

use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::diff::{NarrowingArgs, known_tags};
use crate::cli::snapshot_line::{resolve, say_answering};
use crate::error::{Error, Result};
use crate::export::source::Source;
use crate::invocation;
use crate::model::Entity;
use crate::output::text::shell_word;
use crate::output::{Destination, Format, stderr};
use crate::query::{Only, Span};
use crate::store::{Census, Snapshot, When};

/// The options of every form that is made of rows of one snapshot.
#[derive(Debug, Default, Args)]
pub struct FormArgs {
    /// Fail (exit code 4) unless the snapshot completely saw everything that the export needs
    #[arg(long)]
    require_complete: bool,

    /// What it is narrowed to.
    #[command(flatten)]
    pub narrowing: NarrowingArgs,
}

impl FormArgs {
    /// Opens the census at the requested snapshot, and names the snapshot.
    pub fn open(&self, global: &GlobalOptions) -> Result<(Census, Snapshot)> {
        let mut census = global.open_census()?;
        let when = global.at()?;
        let snapshot = resolve(&census, when.as_ref().unwrap_or(&When::LATEST))?;
        census.answer_as_of(snapshot.snapshot_id)?;
        self.check(&census, &snapshot)?;
        say_answering("", &snapshot, when.as_ref());
        if let Some(user) = self.user() {
            let all = invocation::command(format_args!("query user-access {}", shell_word(&user)));
            stderr::note(format!(
                "note: --user selects only direct assignments to the user; for access through groups: {all}"
            ));
        }
        Ok((census, snapshot))
    }

    /// Returns the user to whose assignments the answer is limited.
    pub fn user(&self) -> Option<String> {
        self.narrowing.only().into_iter().find_map(|filter| match filter {
            Only::Entity(Entity::User, user) => Some(user),
            Only::Entity(..) | Only::Tag(_) | Only::Privileged(_) => None,
        })
    }

    /// Fails if a filter names a tag that does not exist.
    pub fn check(&self, census: &Census, snapshot: &Snapshot) -> Result<()> {
        for filter in self.narrowing.only() {
            if let Only::Tag(tag) = &filter {
                known_tags(tag, census, &Span::at(snapshot.clone()))?;
            }
        }
        Ok(())
    }

    /// Warns of resources that were not seen completely, or fails for them, before any file gets its final name.
    pub fn judge(&self, source: &Source<'_>) -> Result<()> {
        source.not_covered(self.require_complete)?.into_iter().for_each(stderr::warn);
        Ok(())
    }
}

/// Opens the named file, or standard output. An extension of another format than the form's is an error.
pub fn destination(
    file: Option<&PathBuf>,
    global: &GlobalOptions,
    only_file: bool,
    format: Format,
) -> Result<Destination> {
    if let (Some(file), Some(output)) = (file, &global.output) {
        let (file, output) = (file.display(), output.display());
        return Err(Error::usage(format!("two files are named, {file} and --output {output}"))
            .hint("name the file once"));
    }
    let path: Option<&Path> = file.or(global.output.as_ref()).map(PathBuf::as_path);
    // An extension of no format promises nothing, and .txt any text.
    let promised = path.and_then(|path| Some((path, Format::of_file(path).ok().flatten()?)));
    if let Some((path, other)) = promised.filter(|(_, other)| ![format, Format::Table].contains(other)) {
        let name = path.display();
        return Err(Error::usage(format!(
            "{name} is named like {}, and the form is {}",
            other.name(),
            format.name()
        ))
        .hint("name the file otherwise"));
    }
    global.destination_of(path, only_file)
}
