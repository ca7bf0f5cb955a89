//! The tables and views that a statement names, with the resources and the snapshots that each covers.

use std::collections::BTreeSet;

use super::tokens::{Token, TokenKind, tokens};
use crate::model::{DERIVED_VIEWS, RESOURCES};
use crate::store::{Tells, shows_every_resource, tells};

/// The words of a statement, and those that name a view or table that it reads.
#[derive(Debug, Default)]
pub(super) struct Named {
    words: Vec<String>,
    sources: BTreeSet<String>,
}

impl Named {
    /// Reads the words of a statement. A word that equals a view's name, such as an alias, does not count: `read` has
    /// the views that SQLite opens for the statement, in lower case.
    pub fn among(read: &BTreeSet<String>, sql: &str) -> Self {
        let words = words(sql);
        let sources = words.iter().filter(|word| read.contains(*word)).cloned().collect();
        Self { words, sources }
    }

    /// Returns the words in lower case, without strings and comments.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(String::as_str)
    }

    /// Returns true if it has the word.
    pub fn says(&self, word: &str) -> bool {
        self.words().any(|one| one == word)
    }

    /// Returns the snapshots covered by the views through which it reads the resource.
    pub fn tell_of(&self, resource: &str) -> BTreeSet<Tells> {
        self.sources.iter().filter(|name| shows(name, resource)).map(|name| tells(name)).collect()
    }

    /// Returns true if one of its views also shows rows of deleted users and groups.
    pub fn shows_deleted(&self, resource: &str) -> bool {
        let is_of_the_living =
            |name: &str| DERIVED_VIEWS.iter().any(|view| view.name == name && view.of_the_living);
        self.sources.iter().any(|name| !is_of_the_living(name) && shows(name, resource))
    }

    /// Returns true if it reads only one view, once, in which each row belongs to the snapshot that it names.
    pub fn is_one_by_snapshot(&self) -> bool {
        let mut named = self.words().filter(|word| self.sources.contains(*word));
        matches!((named.next(), named.next()), (Some(name), None) if name.ends_with("_by_snapshot"))
    }
}

/// Returns true if a table or view shows rows of the resource, even in part.
fn shows(name: &str, resource: &str) -> bool {
    let is_of = |resource: &str| {
        let end = name.strip_prefix(resource);
        end.is_some_and(|end| ["", "_versions", "_history", "_by_snapshot", "_changes"].contains(&end))
    };
    if let Some(spec) = RESOURCES.iter().find(|spec| is_of(spec.name)) {
        return spec.name == resource;
    }
    match DERIVED_VIEWS.iter().find(|view| view.name == name.strip_suffix("_steps").unwrap_or(name)) {
        Some(view) => {
            let named = words(view.select);
            let earlier =
                |other: &str| DERIVED_VIEWS.iter().any(|one| one.name == other && other != view.name);
            view.resources().iter().any(|spec| spec.name == resource)
                || named.iter().any(|word| {
                    // The stored rows of a view count as the view.
                    let word = word.strip_suffix("_kept").unwrap_or(word);
                    earlier(word) && shows(word, resource)
                })
        }
        None => shows_every_resource(name),
    }
}

/// Returns the words of a statement in lower case, without strings and comments. A quoted name is a word, and so is
/// each part of a name with points.
fn words(sql: &str) -> Vec<String> {
    let of = |token: Token<'_>| -> Vec<String> {
        match token.kind {
            TokenKind::Word => {
                token.text.split('.').filter(|part| !part.is_empty()).map(str::to_lowercase).collect()
            }
            TokenKind::Name => vec![token.text.trim_matches(['"', '`', '[', ']']).to_lowercase()],
            TokenKind::Number | TokenKind::Text | TokenKind::Sign => Vec::new(),
        }
    };
    tokens(sql).into_iter().flat_map(of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::Program;
    use crate::store::Census;

    #[test]
    fn words_are_names_and_keywords() {
        let sql = "SELECT 'it''s', a.\"Group\" /* x */ FROM [b c] -- d\nJOIN `e`";
        assert_eq!(words(sql), ["select", "a", "group", "from", "b c", "join", "e"]);
        assert_eq!(words("'open"), Vec::<String>::new());
        assert_eq!(words("é \"ö"), ["é", "ö"]);
    }

    #[test]
    fn a_view_is_named_where_it_is_read() {
        let census = Census::blank().unwrap();
        let sources = |sql: &str| {
            let named = Program::of(census.connection(), sql).named;
            named.sources.into_iter().collect::<Vec<_>>().join(" ")
        };
        for (sql, expected) in [
            ("SELECT count(*) AS changes FROM users", "users"),
            ("SELECT name, changes FROM (SELECT name, 1 AS changes FROM accounts)", "accounts"),
            ("SELECT * FROM \"Users_History\" AS users", "users_history"),
            ("SELECT (SELECT count(*) FROM [changes]) FROM users_by_snapshot", "changes users_by_snapshot"),
            ("SELECT 'users' FROM access_changes -- users", "access_changes"),
            ("WITH x AS (SELECT * FROM main.groups_changes) SELECT * FROM x", "groups_changes x"),
        ] {
            assert_eq!(sources(sql), expected, "{sql}");
        }
    }

    #[test]
    fn a_view_of_views_shows_what_they_do() {
        for (name, resource) in [
            ("access_changes", "users"),
            ("orphan_assignments", "accounts"),
            ("changes", "tags"),
            ("users_history", "users"),
            ("organization_tree", "organizational_units"),
        ] {
            assert!(shows(name, resource), "{name} {resource}");
        }
        for (name, resource) in
            [("users_history", "groups"), ("organization_tree", "users"), ("tags", "users")]
        {
            assert!(!shows(name, resource), "{name} {resource}");
        }
    }
}
