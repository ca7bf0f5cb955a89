//! Ranks how reliably an entity matches a typed name.
//!
//! The kind of name is compared first, in the order of [`NameRung`], and its similarity second, in the order of
//! [`Likeness`]. A match beats every later step, so that an exact user name is never mixed up with another user's
//! display name.

use std::collections::HashSet;
use std::fmt;

use crate::model::NameRung;

/// The similarity of a name, the most reliable first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    Exact,
    /// Equal except for white space at the ends, or the slash at the end of a path.
    Trimmed,
    IgnoringCase,
}

/// A step of the ladder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    pub rung: NameRung,
    pub likeness: Likeness,
}

impl Rank {
    /// The rank of the exact id.
    pub const ID: Self = Self { rung: NameRung::Id, likeness: Likeness::Exact };
}

/// The typed text.
pub(super) struct Typed<'t> {
    text: &'t str,
    folded: String,
}

impl<'t> Typed<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, folded: folded(text.trim()) }
    }

    /// Returns the text as typed.
    pub fn text(&self) -> &'t str {
        self.text
    }

    pub fn trimmed(&self) -> &'t str {
        self.text.trim()
    }

    fn likeness(&self, name: &str) -> Option<Likeness> {
        if name == self.text {
            return Some(Likeness::Exact);
        }
        let (name, typed) = (name.trim(), self.trimmed());
        match typed.is_empty() {
            // White space alone is no name.
            true => None,
            false if name == typed => Some(Likeness::Trimmed),
            false => (folded(name) == self.folded).then_some(Likeness::IgnoringCase),
        }
    }

    fn likeness_of_path(&self, path: &str) -> Option<Likeness> {
        let without = self.trimmed().trim_end_matches('/');
        match (self.likeness(path), without.is_empty() || without == self.text) {
            (None, false) => {
                Self::new(without).likeness(path).map(|likeness| likeness.max(Likeness::Trimmed))
            }
            (likeness, _) => likeness,
        }
    }
}

/// Returns the text without differences of upper and lower case, letter by letter: `ß` is `ss`, a final sigma a sigma.
fn folded(text: &str) -> String {
    text.chars().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect()
}

/// A name by which an entity is found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    rung: NameRung,
    pub text: String,
    is_path: bool,
    /// True if it is only another spelling of the name before it.
    is_short: bool,
}

impl Name {
    pub fn new(rung: NameRung, text: String) -> Self {
        Self { rung, text, is_path: false, is_short: false }
    }

    /// Returns `Root/Workloads/Prod`, and `/Workloads/Prod` without the root with which every path begins.
    pub fn of_path(rung: NameRung, path: String) -> [Self; 2] {
        let (_root, below) = path.split_once('/').unwrap_or((&path, ""));
        let below = format!("/{below}");
        let name = |text, is_short| Self { rung, text, is_path: true, is_short };
        [name(path, false), name(below, true)]
    }

    fn rank(&self, typed: &Typed<'_>) -> Option<Rank> {
        let likeness =
            if self.is_path { typed.likeness_of_path(&self.text) } else { typed.likeness(&self.text) };
        Some(Rank { rung: self.rung, likeness: likeness? })
    }
}

/// An entity's row that a name may mean. It is shown as `u-ana ("ana", "Ana Núñez", ENABLED)`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub id: String,
    pub names: Vec<Name>,
    /// The state, which distinguishes it from another one of the same name.
    pub state: Option<String>,
    /// The first snapshot in which it has these names, and the first in which it no longer has; for versions only.
    pub life: Option<(i64, Option<i64>)>,
}

impl Candidate {
    /// Creates a candidate of which only the id is known.
    pub fn of_id(id: String) -> Self {
        Self { id, names: Vec::new(), state: None, life: None }
    }

    fn rank(&self, typed: &Typed<'_>) -> Option<Rank> {
        let id = typed.likeness(&self.id).map(|likeness| Rank { rung: NameRung::Id, likeness });
        self.names.iter().filter_map(|name| name.rank(typed)).chain(id).min()
    }

    /// Returns the marks that follow its name: `u-ana, ENABLED`.
    pub fn marks(&self) -> String {
        let state = self.state.as_deref().map(|state| format!(", {state}")).unwrap_or_default();
        format!("{}{state}", self.id)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names: Vec<String> = Vec::new();
        for name in self.names.iter().filter(|name| !name.is_short) {
            let name = format!("{:?}", name.text);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.extend(self.state.clone());
        f.write_str(&self.id)?;
        if names.is_empty() { Ok(()) } else { write!(f, " ({})", names.join(", ")) }
    }
}

/// The most reliable matches: the rows on the first step that has any.
#[derive(Debug, Default)]
pub(super) struct Best {
    pub rank: Option<Rank>,
    pub candidates: Vec<Candidate>,
}

impl Best {
    /// Returns the entity that has exactly this id.
    pub fn of_id(id: String, rank: Rank) -> Self {
        Self { rank: Some(rank), candidates: vec![Candidate::of_id(id)] }
    }

    pub fn add(&mut self, candidate: Candidate, typed: &Typed<'_>) {
        let Some(rank) = candidate.rank(typed) else { return };
        if self.rank.is_none_or(|best| rank < best) {
            self.rank = Some(rank);
            self.candidates.clear();
        }
        if self.rank == Some(rank) {
            self.candidates.push(candidate);
        }
    }

    /// Returns one row of each entity, which may have several versions.
    pub fn things(&self) -> Vec<&Candidate> {
        let mut ids = HashSet::new();
        self.candidates.iter().filter(|one| ids.insert(one.id.as_str())).collect()
    }

    /// Returns the entities that had the name at the same time; none if each one only came after another.
    pub fn at_once(&self) -> Vec<&Candidate> {
        let is_beside = |one: &Candidate, other: &Candidate| match (one.life, other.life) {
            (Some((from, to)), Some((other_from, other_to))) => {
                to.is_none_or(|to| other_from < to) && other_to.is_none_or(|to| from < to)
            }
            _ => true,
        };
        let mut things = self.things();
        things.retain(|thing| {
            let mut of_it = self.candidates.iter().filter(|one| one.id == thing.id);
            of_it.any(|one| self.candidates.iter().any(|other| other.id != one.id && is_beside(one, other)))
        });
        things
    }

    /// Returns the chosen name and id, if the typed text is not exactly the name.
    pub fn echo(&self, noun: &str, typed: &Typed<'_>) -> Option<String> {
        let is_exact = self.rank.is_some_and(|rank| rank.likeness == Likeness::Exact);
        let taken = self.candidates.first().filter(|_| !is_exact)?;
        Some(format!("{noun} {:?} is {taken}", typed.text()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(id: &str, name: &str, display: &str, email: &str) -> Candidate {
        let names =
            [(NameRung::UniqueName, name), (NameRung::DisplayName, display), (NameRung::Email, email)];
        let names = names.map(|(rung, text)| Name::new(rung, text.to_owned()));
        Candidate { id: id.to_owned(), names: names.to_vec(), state: None, life: None }
    }

    fn meant(typed: &str, all: &[Candidate]) -> Vec<String> {
        let mut best = Best::default();
        all.iter().for_each(|one| best.add(one.clone(), &Typed::new(typed)));
        best.things().into_iter().map(|one| one.id.clone()).collect()
    }

    #[test]
    fn the_surest_match_wins() {
        let all = [
            user("u-1", "ana", "Bob", "bob"),
            user("u-2", "Ana", "ana", "ana"),
            user("u-3", "bob ", "u-1", "carl"),
            user("u-4", " bob", "Carl", "Ana"),
            user("carl", "dora", "CARL", "shared"),
            user("u-6", "eve", "shared ", "shared"),
        ];
        for (typed, ids) in [
            ("u-1", &["u-1"][..]),
            ("U-1 ", &["u-1"]),
            ("ana", &["u-1"]),
            ("Ana", &["u-2"]),
            (" ana", &["u-1"]),
            ("ANA", &["u-1", "u-2"]),
            ("bob ", &["u-3"]),
            (" bob", &["u-4"]),
            ("bob", &["u-3", "u-4"]),
            ("Bob", &["u-3", "u-4"]),
            ("carl", &["carl"]),
            ("Carl", &["carl"]),
            ("shared", &["u-6"]),
            ("", &[]),
            ("  ", &[]),
        ] {
            assert_eq!(meant(typed, &all), ids, "{typed:?}");
        }
    }

    #[test]
    fn case_is_ignored_in_any_script() {
        for (typed, name) in [("STRASSE", "Straße"), ("ΟΔΟΣ", "οδος"), ("ñandú", "ÑANDÚ"), ("ДА", "да")]
        {
            assert_eq!(meant(typed, &[user("u", name, "", "")]), ["u"], "{typed}");
        }
    }

    #[test]
    fn a_path_may_end_in_a_slash() {
        let [path, below] = Name::of_path(NameRung::UniqueName, "Root/Workloads/Prod".to_owned());
        let likeness = |name: &Name, typed| name.rank(&Typed::new(typed)).map(|rank| rank.likeness);
        assert_eq!(likeness(&path, "Root/Workloads/Prod"), Some(Likeness::Exact));
        assert_eq!(likeness(&below, "/Workloads/Prod/"), Some(Likeness::Trimmed));
        assert_eq!(likeness(&below, "/workloads/prod/ "), Some(Likeness::IgnoringCase));
        assert_eq!(likeness(&below, "/Workloads"), None);
        let [_, root] = Name::of_path(NameRung::UniqueName, "Root".to_owned());
        assert_eq!(likeness(&root, "/"), Some(Likeness::Exact));
    }

    #[test]
    fn those_who_follow_each_other_were_never_there_at_once() {
        let of = |id: &str, life| Candidate { life: Some(life), ..user(id, "ana", "", "") };
        let at_once = |lives: &[(&str, (i64, Option<i64>))]| {
            let mut best = Best::default();
            lives.iter().for_each(|(id, life)| best.add(of(id, *life), &Typed::new("ana")));
            best.at_once().len()
        };
        assert_eq!(at_once(&[("a", (1, Some(3))), ("b", (3, None))]), 0);
        assert_eq!(at_once(&[("a", (1, Some(4))), ("b", (3, None))]), 2);
        assert_eq!(at_once(&[("a", (1, Some(2))), ("a", (2, None))]), 0);
        assert_eq!(at_once(&[("a", (1, Some(2))), ("b", (2, Some(5))), ("c", (4, None))]), 2);
    }
}
