//! Corrects command lines with words of other programs: the hint is the whole command to type, which the parser
//! accepts.

use std::ffi::OsString;

use clap::ValueEnum;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::super::{Cli, parse};
use super::words::{OPTIONS, Options, SAID_OF_A_THING, WORDS, Words, has};
use crate::error::Error;
use crate::model::{DERIVED_VIEWS, RESOURCES};
use crate::output::{Format, text};
use crate::query::catalog;

/// Words after the name of things, which ask for all of them.
const LISTING: [&str; 4] = ["list", "ls", "all", "show"];

/// The options with which other programs take the two ends of a comparison.
const BOUNDS: [&str; 8] = ["--from", "--since", "--after", "--start", "--to", "--until", "--before", "--end"];

/// The number of words that are corrected in one line.
const MOST: usize = 6;

/// Returns the error for a line whose first wrong word or option is known from other programs; `None` if it is not.
pub(super) fn known_from_elsewhere(refusal: &clap::Error, arguments: &[OsString]) -> Option<Error> {
    let line: Vec<String> = arguments.iter().map(|one| one.to_string_lossy().into_owned()).collect();
    let mut line = Line { words: line, does: "" };
    let first = line.mend(refusal)?;
    let message = match &first {
        Mended::Command { word, .. } => format!("there is no command {word:?}"),
        Mended::Option { option, .. } => format!("there is no option {option}"),
    };
    let hint = match line.mend_all() {
        true => line.hint(),
        false => first.otherwise(),
    };
    Some(Error::unknown(message).hint(hint).hint("orgcensus --help lists the commands"))
}

/// A correction.
enum Mended {
    /// A word became a command.
    Command {
        /// The word as typed.
        word: String,
        /// The value that followed it, if any.
        value: Option<String>,
        /// The row of the word, or the question by its name.
        meant: Meant,
    },
    /// An option became another.
    Option {
        /// The option as typed.
        option: String,
        /// The row of the option.
        row: &'static Options,
    },
}

impl Mended {
    /// Returns the command alone, if the rest of the line does not fit it.
    fn otherwise(&self) -> String {
        match self {
            Self::Command { meant: Meant::Row(row), value, .. } => {
                let value = Some(row.value)
                    .filter(|shown| !shown.is_empty())
                    .map(|shown| value.as_deref().unwrap_or(shown));
                let words: Vec<&str> = row.command.split_whitespace().chain(value).collect();
                said(&words, row.does)
            }
            Self::Command { meant: Meant::Question(name), .. } => said(&["query", name], ""),
            Self::Option { row, .. } => said(row.example, ""),
        }
    }
}

/// The meaning of a word as a command.
enum Meant {
    Row(&'static Words),
    /// The name of a canned query, a table or a view.
    Question(String),
}

impl Meant {
    fn is_question(&self) -> bool {
        matches!(self, Self::Question(_))
    }

    fn of(word: &str) -> Option<Self> {
        let word = word.to_lowercase();
        let (dashed, joined) = (word.replace('_', "-"), word.replace('-', "_"));
        if let Some(query) = catalog().iter().find(|query| query.name == dashed) {
            return Some(Self::Question(query.name.clone()));
        }
        let mut tables =
            RESOURCES.iter().map(|spec| spec.name).chain(DERIVED_VIEWS.iter().map(|view| view.name));
        if let Some(table) = tables.find(|table| *table == joined) {
            return Some(Self::Question(table.to_owned()));
        }
        WORDS.iter().find(|row| has(row.typed, &dashed)).map(Self::Row)
    }
}

struct Line {
    /// The words, beginning with the program's name.
    words: Vec<String>,
    does: &'static str,
}

impl Line {
    /// Corrects the line as far as the words are known. Returns true if the parser accepts it then.
    fn mend_all(&mut self) -> bool {
        for _ in 0..MOST {
            let line: Vec<OsString> = self.words.iter().map(OsString::from).collect();
            match Cli::parse(&line) {
                Ok(_) => return true,
                // Help or the version was requested.
                Err(refusal) if !refusal.use_stderr() => return true,
                Err(refusal) if self.mend(&refusal).is_none() => return false,
                Err(_) => {}
            }
        }
        false
    }

    /// Corrects the one word or option that the parser refuses.
    fn mend(&mut self, refusal: &clap::Error) -> Option<Mended> {
        let context = |kind| match refusal.get(kind) {
            Some(ContextValue::String(text)) => Some(text.clone()),
            _ => None,
        };
        match refusal.kind() {
            ErrorKind::InvalidSubcommand => self.mend_word(context(ContextKind::InvalidSubcommand)?),
            ErrorKind::UnknownArgument => self.mend_option(&context(ContextKind::InvalidArg)?),
            // `--json` of `query` has a value.
            ErrorKind::InvalidValue => {
                let option = context(ContextKind::InvalidArg)?;
                self.mend_option(option.split_whitespace().next()?)
            }
            _ => None,
        }
    }

    fn mend_word(&mut self, word: String) -> Option<Mended> {
        let at = 1 + self.words.iter().skip(1).position(|one| *one == word)?;
        // `SELECT 1` in one word, or without quotes.
        if let Some(first) = word.split_whitespace().next().filter(|first| *first != word) {
            let row =
                WORDS.iter().find(|row| has(row.typed, &first.to_lowercase()) && row.command == "query")?;
            self.words.insert(at, row.command.to_owned());
            self.does = row.does;
            return Some(Mended::Command { word, value: None, meant: Meant::Row(row) });
        }
        let lower = word.to_lowercase();
        // `snapshot list`, `snapshot verify`: the command by another number.
        let command = parse::command();
        let of_snapshots = |next: &String| {
            let is_known =
                command.find_subcommand("snapshots").and_then(|it| it.find_subcommand(next)).is_some();
            is_known || ["list", "delete"].contains(&next.as_str())
        };
        if lower == "snapshot" && self.words.get(at + 1).is_some_and(of_snapshots) {
            "snapshots".clone_into(&mut self.words[at]);
            self.does = "";
            if self.words[at + 1] == "list" {
                self.words.remove(at + 1);
            }
            return Some(Mended::Command {
                word,
                value: None,
                meant: Meant::Question("snapshots".to_owned()),
            });
        }
        let next = self.words.get(at + 1).filter(|next| !next.starts_with('-')).cloned();
        if has(SAID_OF_A_THING, &lower) && next.as_deref().is_some_and(|next| thing(next).is_some()) {
            let meant = thing(&next?)?;
            self.words.remove(at);
            let value = self.put(at, &meant);
            return Some(Mended::Command { word, value, meant });
        }
        // `users list`, `user list`: all of them.
        let is_list = next.as_deref().is_some_and(|next| LISTING.contains(&next.to_lowercase().as_str()));
        let all = if is_list { Meant::of(&format!("{word}s")).filter(Meant::is_question) } else { None };
        let meant = all.or_else(|| Meant::of(&word)).or_else(|| thing(&word))?;
        // `users list`, `group members NAME`: the second word says nothing new.
        let says_nothing_new = |next: &str| match &meant {
            Meant::Question(_) => is_list,
            Meant::Row(row) => has(row.typed, &next.to_lowercase()) || is_list && row.value.is_empty(),
        };
        if next.as_deref().is_some_and(says_nothing_new) {
            self.words.remove(at + 1);
        }
        let value = self.put(at, &meant);
        Some(Mended::Command { word, value, meant })
    }

    /// Replaces a word by its meaning. Returns the value that follows it.
    fn put(&mut self, at: usize, meant: &Meant) -> Option<String> {
        let following = self.words.get(at + 1).filter(|next| !next.starts_with('-')).cloned();
        let is_followed = following.is_some();
        let (words, does): (Vec<String>, _) = match meant {
            Meant::Row(row) => {
                let value = Some(row.value).filter(|value| !value.is_empty() && !is_followed);
                (row.command.split_whitespace().chain(value).map(str::to_owned).collect(), row.does)
            }
            Meant::Question(name) => (vec!["query".to_owned(), name.clone()], ""),
        };
        // An unknown command of `snapshots` may be a command of the program.
        let from = if self.words[at - 1] == "snapshots" { at - 1 } else { at };
        self.words.splice(from..=at, words);
        self.does = does;
        following
    }

    fn mend_option(&mut self, option: &str) -> Option<Mended> {
        let row = OPTIONS.iter().find(|row| has(row.typed, option))?;
        let is_it = |word: &String| word.split('=').next() == Some(option);
        let at = self.words.iter().take_while(|word| *word != "--").position(is_it)?;
        // `diff --since 7d`: its times need no options.
        if BOUNDS.contains(&option) && self.words.get(1).is_some_and(|command| command == "diff") {
            let given = self.words[at].split_once('=').map(|(_, value)| value.to_owned());
            self.words.splice(at..=at, given);
            return Some(Mended::Option { option: option.to_owned(), row });
        }
        if !row.instead.is_empty() {
            let given = self.words[at].split_once('=').map(|(_, value)| value.to_owned());
            let value = given.clone().or_else(|| self.words.get(at + 1).cloned()).unwrap_or_default();
            // `-o json` is a format, `-o users.csv` a file.
            let instead = match row.instead {
                "--output" if Format::from_str(&value, true).is_ok() => "--format",
                instead => instead,
            };
            self.words.splice(at..=at, instead.split_whitespace().map(str::to_owned).chain(given));
        }
        Some(Mended::Option { option: option.to_owned(), row })
    }

    fn hint(&self) -> String {
        let words: Vec<&str> = self.words.iter().skip(1).map(String::as_str).collect();
        said(&words, self.does)
    }
}

/// Returns the meaning of an entity's name, possibly after a verb: `list-users`.
fn thing(word: &str) -> Option<Meant> {
    let word = word.to_lowercase().replace('_', "-");
    let has_verb = |verb: &&str| word.strip_prefix(*verb).is_some_and(|rest| rest.starts_with('-'));
    let after = SAID_OF_A_THING.split_whitespace().find(has_verb).map(|verb| &word[verb.len() + 1..]);
    Meant::of(after.unwrap_or(&word)).filter(|meant| match meant {
        Meant::Question(_) => true,
        // `list show` has no meaning.
        Meant::Row(row) => !has(SAID_OF_A_THING, &word) && row.command != "history",
    })
}

fn said(words: &[&str], does: &str) -> String {
    let words: Vec<_> = words.iter().map(|word| text::shell_word(word)).collect();
    let command = format!("orgcensus {}", words.join(" "));
    match does {
        "" => format!("write {}", command.trim_end()),
        _ => format!("{} {does}", command.trim_end()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(words: &[&str]) -> Result<Cli, clap::Error> {
        let line: Vec<OsString> = ["orgcensus"].iter().chain(words).map(OsString::from).collect();
        Cli::parse(&line)
    }

    fn is_taken(words: &[&str]) -> bool {
        read(words).map_or_else(|refusal| !refusal.use_stderr(), |_| true)
    }

    /// Returns the first hint for a line.
    fn hint(words: &[&str]) -> String {
        let line: Vec<OsString> = ["orgcensus"].iter().chain(words).map(OsString::from).collect();
        let refusal = read(words).unwrap_err();
        known_from_elsewhere(&refusal, &line).expect("a row has it").hints()[0].clone()
    }

    #[test]
    fn every_hint_is_a_command_that_parses() {
        for row in WORDS {
            let value = Some(row.value).filter(|value| !value.is_empty());
            let words: Vec<&str> = row.command.split_whitespace().chain(value).collect();
            assert!(is_taken(&words), "{words:?}");
        }
        for row in OPTIONS {
            assert!(is_taken(row.example), "{row:?}");
        }
    }

    #[test]
    fn every_word_is_none_of_ours_and_is_told() {
        let command = parse::command();
        let words = || WORDS.iter().flat_map(|row| row.typed.split_whitespace());
        assert!(words().count() > 40);
        for word in words() {
            assert!(command.find_subcommand(word).is_none(), "{word} is a command");
            assert!(
                hint(&[word]).starts_with("orgcensus") || hint(&[word]).starts_with("write orgcensus"),
                "{word}"
            );
        }
        for option in OPTIONS.iter().flat_map(|row| row.typed.split_whitespace()) {
            let Err(refusal) = read(&[option]) else { panic!("{option} is an option") };
            let line = ["orgcensus", option].map(OsString::from);
            let is_told = known_from_elsewhere(&refusal, &line).is_some();
            assert!(is_told || option.starts_with('-') && !option.starts_with("--"), "{option}: {refusal}");
        }
    }

    #[test]
    fn the_rest_of_the_line_stays() {
        for (line, expected) in [
            ("list users", "write orgcensus query users"),
            ("list-users", "write orgcensus query users"),
            ("sso-admin list-permission-sets", "write orgcensus query permission_sets"),
            ("get users --csv", "write orgcensus query users --format csv"),
            ("users -o json --database x.db", "write orgcensus query users --format json --db x.db"),
            ("query users -o users.csv", "write orgcensus query users --output users.csv"),
            ("query users --database=x.db", "write orgcensus query users --db x.db"),
            ("users list", "write orgcensus query users"),
            ("user list --json", "write orgcensus query users --format json"),
            ("group members ops", "orgcensus query group-members ops shows"),
            ("who-can access prod", "orgcensus who prod shows"),
            ("whois ana", "orgcensus who ana shows"),
            ("access ana --since 30d", "orgcensus who ana shows"),
            ("snapshot list", "write orgcensus snapshots"),
            ("snapshot show latest", "write orgcensus snapshots show latest"),
            ("diff --since 7d", "write orgcensus diff 7d"),
            ("diff --from=1 --to 2 --stat", "write orgcensus diff 1 2 --stat"),
            ("describe ana", "orgcensus history ana tells"),
            ("user ana", "orgcensus query user-access ana shows"),
            ("get user ana", "orgcensus query user-access ana shows"),
            ("backup x.db", "orgcensus snapshots copy x.db writes"),
            ("compare 1 2", "orgcensus diff 1 2 shows"),
            ("snapshots compare 1 2", "orgcensus diff 1 2 shows"),
            ("user-access ana --at 1", "write orgcensus query user-access ana --at 1"),
            ("sync --aws-profile audit", "orgcensus collect --profile audit takes"),
            ("query users --head 5", "write orgcensus query users --limit 5"),
            ("query users --fields user_name", "write orgcensus query users --columns user_name"),
            ("query users --sort-by name", "write orgcensus query 'SELECT … WHERE … ORDER BY … LIMIT 10'"),
            ("sql", "orgcensus query 'SELECT …' runs"),
        ] {
            let words: Vec<&str> = line.split(' ').collect();
            let told = hint(&words);
            assert!(told.starts_with(expected), "{line}: {told}");
        }
        let sql = hint(&["select * from users", "--csv"]);
        assert!(sql.starts_with("orgcensus query 'select * from users' --format csv"), "{sql}");
    }
}
