//! Commands of this program as they are printed for people to type.
//!
//! A printed command that needs the census is created here, so that it refers to the census of this run. A command that
//! does not need it (`query --list`, `schema`, `doctor`, …) is plain text.

use std::fmt::Display;
use std::sync::{PoisonError, RwLock};

static DB_OPTION: RwLock<String> = RwLock::new(String::new());

/// Sets the option that makes printed commands refer to this run's census, such as `--db x.db`; `None` if the default
/// census is that one.
pub fn configure(db_option: Option<String>) {
    *DB_OPTION.write().unwrap_or_else(PoisonError::into_inner) = db_option.unwrap_or_default();
}

/// Runs `work` while printed commands refer to another census.
pub fn meaning<T>(db_option: Option<String>, work: impl FnOnce() -> T) -> T {
    let before = db_option_now();
    configure(db_option);
    let done = work();
    configure(Some(before));
    done
}

fn db_option_now() -> String {
    DB_OPTION.read().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Returns the command with these arguments: `snapshots show 41` gives `orgcensus --db x.db snapshots show 41`.
pub fn command(arguments: impl Display) -> String {
    of_census(&db_option_now(), arguments)
}

fn of_census(db_option: &str, arguments: impl Display) -> String {
    let space = if db_option.is_empty() { "" } else { " " };
    format!("orgcensus{space}{db_option} {arguments}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_names_the_census_where_it_is_not_the_one_meant_anyway() {
        assert_eq!(of_census("--db x.db", "snapshots show 41"), "orgcensus --db x.db snapshots show 41");
        assert_eq!(of_census("", format_args!("diff {} {}", 1, 2)), "orgcensus diff 1 2");
    }

    #[test]
    fn without_a_setting_a_command_is_plain() {
        assert_eq!(command("collect"), "orgcensus collect");
    }
}
