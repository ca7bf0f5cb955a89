//! Which snapshots a page is about, and which accounts.

use std::collections::HashSet;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;

use crate::cli::GlobalOptions;
use crate::cli::diff::{check_tag, ids};
use crate::cli::snapshot_line::resolve;
use crate::diff::filter::Subject;
use crate::error::{Error, Result};
use crate::export::mask::Mask;
use crate::model::Entity;
use crate::query::Span;
use crate::report::{Narrowed, Production, ReportRequest};
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
        Ok(ReportRequest { at, baseline, narrowed, production, mask })
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
            let at = |end: &Snapshot| Subject::in_ous(census.connection(), [end.snapshot_id; 2], &ous);
            accounts.extend(at(ends[0])?.ids);
            before.extend(at(ends[1])?.ids);
            words.push(format!("OU {typed}"));
        }
        Ok(Some(Narrowed { accounts, before, words: words.join(", ") }))
    }

    fn production(&self, census: &mut Census, ends: [&Snapshot; 2]) -> Result<Option<Production>> {
        let Some(typed) = &self.production else { return Ok(None) };
        let [now, before] = ends.map(|end| [end.snapshot_id; 2]);
        let is_tag = typed.contains('=');
        let of = |census: &Census, snapshots: [i64; 2], ous: &HashSet<String>| -> Result<HashSet<String>> {
            if !is_tag {
                return Ok(Subject::in_ous(census.connection(), snapshots, ous)?.ids);
            }
            // Keys and values may have equals signs in them.
            let mut ids = HashSet::new();
            for (place, _) in typed.match_indices('=') {
                let (key, value) = (&typed[..place], &typed[place + 1..]);
                ids.extend(Subject::tagged(census.connection(), snapshots, key, value)?.ids);
            }
            Ok(ids)
        };
        let mut ous = HashSet::new();
        match is_tag {
            true => check_tag(typed, census, &Span::at(ends[0].clone()))?,
            false => ous = ids(Entity::Ou, typed, census, ends, false)?,
        }
        let (now, before) = (of(census, now, &ous)?, of(census, before, &ous)?);
        Ok(Some(Production { typed: typed.clone(), now, before, is_tag }))
    }
}

fn time(text: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(text).ok()?.with_timezone(&Utc))
}
