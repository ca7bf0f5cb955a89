//! The input of AWS's solution "Identity Center Extensions": a file or payload for each permission set, and a link for
//! each assignment.
//!
//! `schema` holds what the solution's schemas accept, and `state` applies them to a snapshot. An item that cannot be
//! written is listed in `skipped.csv` with the reason. A permission set is written in full or not at all.

mod schema;
mod state;

use std::collections::BTreeMap;
use std::io::Write;

use serde_json::{Value, json};

pub use self::state::State;
use super::cloudformation::pretty;
use super::folder::Folder;
use super::source::Source;
use crate::error::{Error, Result};
use crate::output::write_error;

/// The way by which the solution takes its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Interface {
    /// Files for its bucket: permission_sets/NAME.json, and empty files in links_data
    S3,
    /// Payloads for its API, one a line in api.jsonl
    Api,
}

/// The counts of what was written.
#[derive(Debug, Default)]
pub struct Written {
    /// The number of permission sets, or of payloads about them.
    pub permission_sets: u64,
    /// The number of links, or of payloads about them.
    pub links: u64,
    /// The number of rows in `skipped.csv`.
    pub skipped: u64,
    /// The number of assignments in the management account, which the solution does not manage.
    pub in_management_account: u64,
}

/// Reads the state that the snapshot gives. With `by_scope`, links are for the root, OUs and tags that give exactly the
/// assignments.
pub fn state(source: &Source<'_>, interface: Interface, by_scope: bool) -> Result<State> {
    State::read(source, interface, by_scope)
}

/// Writes the folder's files. If there is an earlier state, payloads give the changes since then.
pub fn write(state: &State, since: Option<&State>, interface: Interface, folder: &Folder) -> Result<Written> {
    let mut written = Written {
        permission_sets: state.sets.len() as u64,
        links: state.links.len() as u64,
        skipped: state.skipped.count(),
        in_management_account: state.in_management_account,
    };
    match interface {
        Interface::S3 => {
            folder.folder("permission_sets")?;
            folder.folder("links_data")?;
            for (name, data) in &state.sets {
                folder.write(&format!("permission_sets/{name}.json"), &pretty(data)?)?;
            }
            for link in &state.links {
                folder.file(&format!("links_data/{link}"))?.finish()?;
            }
        }
        Interface::Api => {
            let (sets, links) = payloads(state, since);
            (written.permission_sets, written.links) = (sets.len() as u64, links.len() as u64);
            let mut file = folder.file("api.jsonl")?;
            for payload in in_order(sets, links) {
                let line = serde_json::to_string(&payload)
                    .map_err(|error| Error::failed("cannot write JSON").caused_by(error))?;
                writeln!(file, "{line}").map_err(write_error)?;
            }
            file.finish()?;
        }
    }
    state.skipped.write(folder)?;
    Ok(written)
}

/// A payload and the action that it requests.
type Payload = (Action, Value);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    Create,
    Update,
    Delete,
}

impl Action {
    fn word(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Delete => "delete",
        }
    }

    fn of_set(self, data: &Value) -> Payload {
        (self, json!({"action": self.word(), "permissionSetData": data}))
    }

    fn of_link(self, link: &str) -> Payload {
        (self, json!({"action": self.word(), "linkData": link}))
    }
}

/// Returns the payloads about permission sets and those about links. An item that merely could not be written, or was
/// not seen, is not deleted.
fn payloads(state: &State, since: Option<&State>) -> (Vec<Payload>, Vec<Payload>) {
    let none = BTreeMap::new();
    let before = since.map_or(&none, |since| &since.sets);
    let mut sets = Vec::new();
    for (name, data) in &state.sets {
        match before.get(name) {
            Some(same) if same == data => {}
            Some(_) => sets.push(Action::Update.of_set(data)),
            // The set existed, and could not be written at that time.
            None if since.is_some_and(|since| since.known_sets.contains(name)) => {
                sets.push(Action::Update.of_set(data));
            }
            None => sets.push(Action::Create.of_set(data)),
        }
    }
    for name in before.keys().filter(|name| !state.known_sets.contains(*name)) {
        sets.push(Action::Delete.of_set(&json!({"permissionSetName": name})));
    }
    let was_there = |link: &&String| since.is_none_or(|since| !since.links.contains(*link));
    let mut links: Vec<Payload> =
        state.links.iter().filter(was_there).map(|link| Action::Create.of_link(link)).collect();
    let gone = since.into_iter().flat_map(|since| &since.links);
    let gone = gone.filter(|link| !state.links.contains(*link) && !state.unwritten_links.contains(*link));
    links.extend(gone.map(|link| Action::Delete.of_link(link)));
    (sets, links)
}

/// Orders the payloads so that a set is created before its links and deleted after them.
fn in_order(sets: Vec<Payload>, links: Vec<Payload>) -> Vec<Value> {
    let (gone, made): (Vec<_>, Vec<_>) = sets.into_iter().partition(|(action, _)| *action == Action::Delete);
    made.into_iter().chain(links).chain(gone).map(|(_, payload)| payload).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(sets: &[(&str, i64)], links: &[&str], known: &[&str]) -> State {
        let mut state = State::default();
        for (name, value) in sets {
            state.sets.insert((*name).to_owned(), json!({"permissionSetName": name, "n": value}));
            state.known_sets.insert((*name).to_owned());
        }
        state.known_sets.extend(known.iter().map(|name| (*name).to_owned()));
        state.links = links.iter().map(|link| (*link).to_owned()).collect();
        state
    }

    #[test]
    fn payloads_say_what_changed_and_delete_nothing_unseen() {
        let before = state(
            &[("same", 1), ("changed", 1), ("gone", 1), ("unseen", 1)],
            &["kept", "lost", "hidden"],
            &["back"],
        );
        let mut now =
            state(&[("same", 1), ("changed", 2), ("new", 1), ("back", 1)], &["kept", "more"], &["unseen"]);
        now.unwritten_links.insert("hidden".to_owned());
        let (sets, links) = payloads(&now, Some(&before));
        let written: Vec<String> = in_order(sets, links)
            .iter()
            .map(|one| {
                let what = one.get("linkData").unwrap_or(&one["permissionSetData"]["permissionSetName"]);
                format!("{} {}", one["action"].as_str().unwrap(), what.as_str().unwrap())
            })
            .collect();
        assert_eq!(
            written,
            ["update back", "update changed", "create new", "create more", "delete lost", "delete gone"]
        );
        let (sets, links) = payloads(&now, None);
        assert!(in_order(sets, links).iter().all(|one| one["action"] == "create"));
    }
}
