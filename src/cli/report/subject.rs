//! Which snapshots a page is about, and which accounts.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::diff::{ids, known_tags};
use crate::cli::snapshot_line::resolve;
use crate::diff::filter::Subject;
use crate::error::{Error, Result};
use crate::export::mask::Mask;
use crate::model::Entity;
use crate::query::Span;
use crate::report::{Limits, Narrowed, Production, ReportRequest};
use crate::store::{Census, Snapshot, When};

/// A page tells the changes of so many days where nothing else is asked for.
const DAYS: i64 = 30;

/// What is typed of it.
#[derive(Debug, Args)]
pub struct SubjectArgs {
    /// Tell what changed since then [default: 30 days before, or the first snapshot]
    #[arg(long, value_name = "WHEN", help_heading = "What to show")]
    since: Option<String>,

    /// Only this account: an id, a name or an e-mail address; repeatable
    #[arg(long = "account", value_name = "ACCOUNT", help_heading = "What to show")]
    accounts: Vec<String>,

    /// Only the accounts beneath this OU: an id, a name or a path; repeatable, and joined with --account
    #[arg(long = "ou", value_name = "PATH", help_heading = "What to show")]
    ous: Vec<String>,

    /// What is production: the accounts beneath an OU, or with a tag
    #[arg(long, value_name = "OU|TAG=VALUE", help_heading = "What to show")]
    production: Option<String>,
}

impl SubjectArgs {
    /// Returns the value of `--since`.
    pub fn since(&self) -> Result<Option<When>> {
        self.since.as_deref().map(str::parse).transpose()
    }

    /// Looks up what was typed.
    pub fn resolve(
        &self,
        census: &mut Census,
        global: &GlobalOptions,
        mask: Option<Mask>,
    ) -> Result<ReportRequest> {
        let at = resolve(census, global.at()?.as_ref().unwrap_or(&When::LATEST))?;
        let baseline = self.baseline(census, &at)?;
        let ends = [&at, baseline.as_ref().unwrap_or(&at)];
        let narrowed = self.narrowed(census, ends)?;
        let production = self.production(census, ends)?;
        Ok(ReportRequest { at, baseline, narrowed, production, mask, limits: Limits::default() })
    }

    fn baseline(&self, census: &Census, at: &Snapshot) -> Result<Option<Snapshot>> {
        if let Some(when) = self.since()? {
            let baseline = resolve(census, &when)?;
            if baseline.snapshot_id >= at.snapshot_id {
                return Err(Error::usage(format!(
                    "--since is snapshot {}, which is not before snapshot {} of the page",
                    baseline.snapshot_id, at.snapshot_id
                ))
                .hint("name an earlier date, or leave out --since"));
            }
            return Ok(Some(baseline));
        }
        let mut earlier = census.snapshots()?;
        earlier.retain(|one| one.snapshot_id < at.snapshot_id);
        let long_ago = time(&at.completed_at).map(|time| time - TimeDelta::days(DAYS));
        let is_old = |one: &&Snapshot| time(&one.completed_at).is_some_and(|time| Some(time) <= long_ago);
        let newest_old = earlier.iter().rev().find(is_old).cloned();
        Ok(newest_old.or_else(|| earlier.into_iter().next()))
    }

    fn narrowed(&self, census: &mut Census, ends: [&Snapshot; 2]) -> Result<Option<Narrowed>> {
        if self.accounts.is_empty() && self.ous.is_empty() {
            return Ok(None);
        }
        let (mut accounts, mut before, mut words) = (HashSet::new(), HashSet::new(), Vec::new());
        for typed in &self.accounts {
            let ids = ids(Entity::Account, typed, census, ends, false)?;
            before.extend(ids.iter().cloned());
            accounts.extend(ids);
            words.push(format!("account {typed}"));
        }
        for typed in &self.ous {
            let ous = ids(Entity::Ou, typed, census, ends, false)?;
            accounts.extend(in_ous(census, ends[0], &ous)?);
            before.extend(in_ous(census, ends[1], &ous)?);
            words.push(format!("OU {typed}"));
        }
        Ok(Some(Narrowed { accounts, before, words: words.join(", ") }))
    }

    fn production(&self, census: &mut Census, ends: [&Snapshot; 2]) -> Result<Option<Production>> {
        let Some(typed) = &self.production else { return Ok(None) };
        let is_tag = typed.contains('=');
        let [now, before] = if is_tag {
            let tags = known_tags(typed, census, &Span::at(ends[0].clone()))?;
            ends.map(|end| tagged(census, end, &tags))
        } else {
            let ous = ids(Entity::Ou, typed, census, ends, false)?;
            ends.map(|end| in_ous(census, end, &ous))
        };
        Ok(Some(Production { typed: typed.clone(), now: now?, before: before?, is_tag }))
    }
}

/// Returns the ids of the accounts beneath the OUs.
fn in_ous(census: &Census, at: &Snapshot, ous: &HashSet<String>) -> Result<HashSet<String>> {
    Ok(Subject::in_ous(census.connection(), [at.snapshot_id; 2], ous)?.ids)
}

/// Returns the ids of the accounts, and permission sets, that have one of the tags.
fn tagged(census: &Census, at: &Snapshot, tags: &[(String, String)]) -> Result<HashSet<String>> {
    let mut ids = HashSet::new();
    for (key, value) in tags {
        ids.extend(Subject::tagged(census.connection(), [at.snapshot_id; 2], key, value)?.ids);
    }
    Ok(ids)
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
}
