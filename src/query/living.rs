//! Whether a statement shows only what people who exist have, where a resource's limit hides only what deleted ones
//! have.
//!
//! A derived view says so of itself. A statement that names the resource, or a view that shows all of it, does where it
//! is one SELECT that joins them to users or groups and leaves nobody out of the join.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::reads::ResourcePages;
use crate::model::DERIVED_VIEWS;

/// The tables of those who exist.
const LIVING: [&str; 2] = ["users", "groups"];
/// Words by which a statement may show what a join does not find. A LEFT JOIN of anything else leaves nobody out.
const BEYOND_THE_JOIN: [&str; 8] = ["right", "full", "not", "except", "union", "exists", "in", "with"];

/// Whether the statement asks for no row of the resource but of those who exist.
pub(super) fn asks_for_the_living(
    pages: &ResourcePages,
    connection: &Connection,
    sql: &str,
    resource: &'static str,
) -> bool {
    let words = words(sql);
    let named: BTreeSet<&String> = words.iter().collect();
    let shows_all = |name: &str| {
        let is_of_the_living = DERIVED_VIEWS.iter().any(|view| view.name == name && view.of_the_living);
        !is_of_the_living
            && pages.resources_of(connection, &format!("SELECT * FROM \"{name}\"")).contains(resource)
    };
    let is_table =
        "SELECT EXISTS (SELECT 1 FROM main.sqlite_schema WHERE name = ?1 AND type IN ('table', 'view'))";
    let is_table = |name: &str| connection.query_row(is_table, [name], |row| row.get(0)).unwrap_or(false);
    if !named.iter().any(|name| is_table(name) && shows_all(name)) {
        return true;
    }
    let is_named = |word: &str| named.contains(&word.to_owned());
    let selects = words.iter().filter(|word| *word == "select").count();
    let joined: Vec<&str> = words.iter().map(String::as_str).filter(|word| *word != "outer").collect();
    let is_optional = |name: &str| joined.windows(3).any(|words| words == ["left", "join", name]);
    selects == 1
        && is_named("join")
        && LIVING.into_iter().any(|name| is_named(name) && !is_optional(name))
        && !BEYOND_THE_JOIN.into_iter().any(is_named)
}

/// The words of a statement in lower case, without strings and comments; a quoted name is a word.
fn words(sql: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let after = |end: &str, from: usize| {
            rest[from..].find(end).map_or(rest.len(), |place| from + place + end.len())
        };
        let is_of_word = |letter: char| letter.is_alphanumeric() || letter == '_' || letter == '$';
        let length = match first {
            '\'' => after("'", 1),
            '-' if rest.starts_with("--") => after("\n", 2),
            '/' if rest.starts_with("/*") => after("*/", 2),
            '"' | '`' | '[' => {
                let end = if first == '[' { "]" } else { &rest[..1] };
                let length = after(end, 1);
                words.push(rest[1..length].trim_end_matches(end).to_lowercase());
                length
            }
            letter if is_of_word(letter) => {
                let length = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
                words.push(rest[..length].to_lowercase());
                length
            }
            other => other.len_utf8(),
        };
        rest = &rest[length..];
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Census;

    #[test]
    fn words_are_names_and_keywords() {
        let sql = "SELECT 'it''s', a.\"Group\" /* x */ FROM [b c] -- d\nJOIN `e`";
        assert_eq!(words(sql), ["select", "a", "group", "from", "b c", "join", "e"]);
        assert_eq!(words("'open"), Vec::<String>::new());
        assert_eq!(words("é \"ö"), ["é", "ö"]);
    }

    #[test]
    fn what_is_joined_to_the_living_shows_no_deleted() {
        let census = Census::blank().unwrap();
        let pages = ResourcePages::read(census.connection()).unwrap();
        let of_the_living = |sql: &str| {
            census.connection().prepare(sql).unwrap();
            asks_for_the_living(&pages, census.connection(), sql, "account_assignments")
        };
        for sql in [
            "SELECT * FROM effective_access",
            "SELECT count(*) FROM EFFECTIVE_ACCESS_HISTORY",
            "SELECT e.* FROM effective_access AS e JOIN accounts AS a USING (account_id)",
            "SELECT * FROM access_changes",
            "SELECT u.user_name FROM account_assignments AS a JOIN users AS u ON u.user_id = a.principal_id",
            "SELECT 1 FROM account_assignments a JOIN users u ON u.user_id = a.principal_id
             LEFT JOIN accounts c ON c.account_id = a.account_id",
            "SELECT 1 FROM \"account_assignments\" a INNER JOIN groups g ON g.group_id = a.principal_id",
        ] {
            assert!(of_the_living(sql), "{sql}");
        }
        for sql in [
            "SELECT * FROM account_assignments",
            "SELECT count(*) FROM account_assignments_history",
            "SELECT * FROM orphan_assignments",
            "SELECT * FROM effective_access_unknown",
            "SELECT * FROM changes",
            "SELECT * FROM account_assignments AS a LEFT JOIN users AS u ON u.user_id = a.principal_id",
            "SELECT * FROM account_assignments AS a LEFT OUTER JOIN groups AS g ON g.group_id = a.principal_id",
            "SELECT * FROM account_assignments WHERE principal_id NOT IN (SELECT user_id FROM users)",
            "SELECT (SELECT count(*) FROM users), (SELECT count(*) FROM account_assignments)",
            "SELECT principal_id FROM account_assignments EXCEPT SELECT user_id FROM users",
            "SELECT * FROM account_assignments AS a JOIN accounts AS c USING (account_id) -- JOIN users",
        ] {
            assert!(!of_the_living(sql), "{sql}");
        }
    }
}
