//! One self-contained HTML page of the census, for people who do not use a terminal.
//!
//! The first screen is plain HTML: the coverage, five sentences, the changes by cause, and people by OU and tier. The
//! relations are included once as JSON, and the page's script joins them. A row for every path of access would make the
//! page of a large organization fifty times as large.
//!
//! - `reading`: reads the relations from the views · `relations`: their types, and narrowing them.
//! - `sight`: the coverage of the snapshot, and counts as far as they are known.
//! - `counts`: the numbers of the first screen · `changes`: the changes, by cause.
//! - `names`: ids and names, or pseudonyms · `json`: the relations for the script.
//! - `content`: the content of one page · `shell`, `sections`: the HTML · `assets`: script, style sheet and the policy for
//!   both.
//!
//! The page's own script and style sheet are in `page/`, SQL statements in `sql/`. Maud writes the HTML: templates are
//! checked at compile time, and text is escaped unless the template marks it as HTML.

mod assets;
mod changes;
mod content;
mod counts;
mod json;
mod names;
mod reading;
mod relations;
mod roles;
mod sections;
mod shell;
mod sight;

use std::collections::HashSet;

use crate::amounts::grouped;
use crate::diff::{AccessLimits, Diff, compare_within};
use crate::error::Result;
use crate::export::mask::Mask;
use crate::export::source::Source;
use crate::store::{Census, Snapshot, failed};
use counts::Administrators;
use json::Facts;
use names::Names;
pub use relations::Ou;
use relations::Relations;
use sight::Sight;

/// The limits of a page.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// The maximum size of the relations in bytes. Browsers take too long to open a larger page, so it is without them.
    pub bytes: usize,
    /// The maximum number of access changes. More take too much memory, so the page lists none.
    pub changes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { bytes: 25_000_000, changes: 1_000_000 }
    }
}

/// The request for a set of pages.
#[derive(Debug)]
pub struct ReportRequest {
    /// The answering snapshot.
    pub at: Snapshot,
    /// The snapshot that it is compared with.
    pub baseline: Option<Snapshot>,
    /// The accounts that the pages are narrowed to.
    pub narrowed: Option<Narrowed>,
    /// The production accounts.
    pub production: Option<Production>,
    /// The key of pseudonyms.
    pub mask: Option<Mask>,
    /// The limits of each page.
    pub limits: Limits,
}

/// The accounts that a page is narrowed to.
#[derive(Debug, Clone)]
pub struct Narrowed {
    /// Their ids at the answering snapshot.
    pub accounts: HashSet<String>,
    /// Their ids at the baseline, which differ if an account moved.
    pub before: HashSet<String>,
    /// Their description: `OU Root/Prod`.
    pub words: String,
}

impl Narrowed {
    /// Returns the ids at the answering snapshot and at the baseline.
    fn at_either_end(&self) -> HashSet<String> {
        self.accounts.union(&self.before).cloned().collect()
    }
}

/// The production accounts.
#[derive(Debug, Clone)]
pub struct Production {
    /// The selector as it was typed.
    pub typed: String,
    /// Their ids at the answering snapshot.
    pub now: HashSet<String>,
    /// Their ids at the baseline.
    pub before: HashSet<String>,
    /// True if a tag selects them, false for an OU.
    pub is_tag: bool,
}

/// A page next to this one, for one OU.
#[derive(Debug, Clone)]
pub struct Part {
    /// The name of its file, in the same folder.
    pub file: String,
    /// The name of the OU.
    pub title: String,
    /// Number of accounts of the OU.
    pub accounts: usize,
}

/// A page.
#[derive(Debug)]
pub struct Page {
    /// The text of the file.
    pub html: String,
    /// The size of the relations in bytes, if that is too large and they are left out.
    pub too_large: Option<usize>,
}

/// The data of all pages, read once.
pub struct Report {
    request: ReportRequest,
    relations: Relations,
    sight: Sight,
    /// The administrators of all accounts at the baseline; `None` if it did not see all of them.
    before: Option<Administrators>,
    /// The changes since the baseline; `None` without one, or if there are too many.
    diff: Option<Diff>,
    hash: Option<String>,
    organization: Option<String>,
    unused_roles: roles::UnusedRoles,
}

impl Report {
    /// Reads the data of the pages. With `require_complete`, an incomplete snapshot is an error (exit 4). Otherwise
    /// returns lines about what is incomplete too.
    pub fn read(
        census: &mut Census,
        request: ReportRequest,
        require_complete: bool,
    ) -> Result<(Self, Vec<String>)> {
        let (mut before, mut diff) = (None, None);
        if let Some(baseline) = &request.baseline {
            before = administrators(census, baseline)?;
            let accounts = request.narrowed.as_ref().map(Narrowed::at_either_end);
            let limits = AccessLimits { accounts: accounts.as_ref(), most: request.limits.changes };
            let (from, to) = (baseline.snapshot_id, request.at.snapshot_id);
            diff = compare_within(census.connection(), from, to, limits)?;
        }
        let at = request.at.clone();
        let sight = Sight::read(census, &at)?;
        let hash = census.links()?.into_iter().find(|link| link.snapshot_id == at.snapshot_id);
        let organization = census.identity()?.and_then(|identity| identity.organization_id);
        census.answer_as_of(at.snapshot_id)?;
        let unused_roles = roles::unused_roles(census, &at)?;
        let source = Source::new(census, at, Vec::new())?;
        let production = request.production.as_ref().map(|one| one.now.clone()).unwrap_or_default();
        let baseline = request.baseline.as_ref().map(|one| one.snapshot_id);
        let unread = sight.unread_sets();
        let mut relations = reading::read(&source, baseline, &production, unread.as_ref(), &sight)?;
        let mut warnings = source.not_covered(require_complete)?;
        if let (Some(baseline), None) = (&request.baseline, &diff) {
            warnings.push(format!(
                "more than {} changes of access since snapshot {}: the page lists none; a later --since, --ou or \
                 --account narrows it",
                grouped(request.limits.changes as u64),
                baseline.snapshot_id
            ));
        }
        if let Some(narrowed) = &request.narrowed {
            relations = relations.of_accounts(&narrowed.accounts);
        }
        let report = Self {
            request,
            relations,
            sight,
            before,
            diff,
            hash: hash.map(|link| link.snapshot_hash),
            organization,
            unused_roles,
        };
        Ok((report, warnings))
    }

    /// Returns each OU with accounts on the page, with their ids. `None` stands for the accounts whose OU is unknown.
    pub fn accounts_by_ou(&self) -> Vec<(Option<Ou>, HashSet<String>)> {
        let ous = self.relations.ous.iter().cloned().map(Some);
        let mut found: Vec<_> = ous.chain([None]).map(|ou| (ou, HashSet::new())).collect();
        let unknown = found.len() - 1;
        for account in &self.relations.accounts {
            let place = account.ou.map_or(unknown, |ou| ou as usize);
            found[place].1.insert(account.account_id.clone());
        }
        found.retain(|(_, accounts)| !accounts.is_empty());
        found
    }

    /// Returns an id as pages write it.
    pub fn id(&self, id: &str) -> String {
        Names::new(self.request.mask.clone()).id(id)
    }

    /// Returns the path of an OU as pages write it.
    pub fn title(&self, ou: &Ou) -> String {
        Names::new(self.request.mask.clone()).path(ou.path.as_deref().unwrap_or(&ou.id))
    }

    /// Returns the page of the whole request, with links to the pages of OUs next to it. If it would be too large, it
    /// has no relations.
    pub fn page(&self, parts: &[Part]) -> Page {
        let narrowed = self.request.narrowed.as_ref();
        self.write(&self.relations, narrowed, parts)
    }

    /// Returns the page of some of the accounts.
    pub fn part(&self, narrowed: &Narrowed) -> Page {
        self.write(&self.relations.of_accounts(&narrowed.accounts), Some(narrowed), &[])
    }

    fn write(&self, relations: &Relations, narrowed: Option<&Narrowed>, parts: &[Part]) -> Page {
        let names = Names::new(self.request.mask.clone());
        let either = narrowed.map(Narrowed::at_either_end);
        let before = self.before.as_ref().map(|before| {
            let is_production = |account: &str| {
                self.request.production.as_ref().is_none_or(|one| one.before.contains(account))
            };
            let is_kept = |account: &str| narrowed.is_none_or(|one| one.before.contains(account));
            before.people_in(|account| is_production(account) && is_kept(account))
        });
        let numbers = counts::numbers(
            relations,
            &self.sight,
            self.request.production.as_ref().map(|one| one.is_tag),
            before.as_ref(),
            roles::unused_in(&self.unused_roles, |account| {
                narrowed.is_none_or(|one| one.accounts.contains(account))
            }),
        );
        let facts = Facts {
            at: self.request.at.completed_at.clone(),
            baseline: self.request.baseline.as_ref().map(|one| one.completed_at.clone()),
            organization: self.organization_id(&names),
            production: self.request.production.as_ref().map(|one| names.typed(&one.typed)),
        };
        let changes = self.diff.as_ref().map(|diff| changes::entries(diff, either.as_ref(), &names));
        let mut content = content::Content {
            report: self,
            relations,
            names: &names,
            numbers: &numbers,
            changes: changes.as_deref(),
            narrowed,
            parts,
            relations_json: None,
        };
        let json = json::write(relations, &self.sight, &facts, &names);
        let size = json.len();
        if size > self.request.limits.bytes {
            return Page { html: shell::write(&content), too_large: Some(size) };
        }
        content.relations_json = Some(json);
        Page { html: shell::write(&content), too_large: None }
    }

    /// Returns the title, which is the first heading too.
    fn title_of_page(&self, names: &Names) -> String {
        match &self.organization {
            Some(id) => format!("Who can access what in organization {}", names.id(id)),
            None => "Who can access what through an instance outside an organization".to_owned(),
        }
    }

    fn organization_id(&self, names: &Names) -> String {
        self.organization
            .as_deref()
            .map_or("an instance outside an organization".to_owned(), |id| names.id(id))
    }
}

/// Reads the administrators at a snapshot, with their accounts; `None` if the snapshot did not see all of them.
fn administrators(census: &mut Census, snapshot: &Snapshot) -> Result<Option<Administrators>> {
    if !Sight::read(census, snapshot)?.saw(sight::Told::Tiers) {
        return Ok(None);
    }
    census.answer_as_of(snapshot.snapshot_id)?;
    let mut statement =
        census.connection().prepare(include_str!("sql/administrator_access.sql")).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    let mut found = Administrators::default();
    while let Some(row) = rows.next().map_err(failed)? {
        let id = |column: usize| row.get_ref(column)?.as_str().map_err(rusqlite::Error::from);
        found.add(id(0).map_err(failed)?, id(1).map_err(failed)?);
    }
    Ok(Some(found))
}
