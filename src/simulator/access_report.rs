//! The life of access report jobs.
//!
//! One job may be in progress in the whole organization. The same request within a minute gets the same job, from any
//! caller (recorded answers do not tell whose job it was, so the stricter reading is simulated). A job may be read only
//! by the caller that requested it, with temporary credentials by the same session
//! (<https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html>). `ops::iam`
//! writes the answers, and `activity` knows the rows.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use super::activity::{self, ReportedEntity, ServiceActivity};
use super::dice;
use super::organization::World;
use super::protocol::{ApiError, Signature};

/// A job.
#[derive(Debug, Clone)]
pub(super) struct Job {
    pub id: String,
    pub created_at: DateTime<Utc>,
    /// The outcome, decided at once and reported when the duration is over.
    pub outcome: std::sync::Arc<Outcome>,
    created: Instant,
    duration: Duration,
    /// True if no other job may begin before this one is over.
    blocks: bool,
    day: u32,
    path: String,
    policy: String,
    owner: Option<Signature>,
}

/// The outcome of a job.
#[derive(Debug)]
pub(super) enum Outcome {
    Completed(Vec<ServiceActivity>),
    Failed { code: &'static str, message: &'static str },
}

impl Job {
    pub fn is_over(&self) -> bool {
        self.created.elapsed() >= self.duration
    }

    pub fn completed_at(&self) -> DateTime<Utc> {
        self.created_at + TimeDelta::from_std(self.duration).unwrap_or_default()
    }

    fn belongs_to(&self, caller: Option<&Signature>) -> bool {
        let key = |owner: Option<&Signature>| {
            owner.map(|owner| (owner.access_key_id.clone(), owner.session_token.clone()))
        };
        key(self.owner.as_ref()) == key(caller)
    }
}

/// Every job so far.
#[derive(Debug, Default)]
pub(super) struct Reports {
    jobs: Mutex<Vec<Job>>,
}

impl Reports {
    /// Starts a job, or finds the job of the same request.
    pub fn generate(
        &self,
        world: &World,
        path: &str,
        policy: &str,
        owner: Option<Signature>,
    ) -> Result<String, ApiError> {
        let mut jobs = self.jobs.lock().expect("no thread panics while it holds the jobs");
        let same = jobs.iter().rev().find(|job| {
            job.path == path
                && job.policy == policy
                && job.day == world.day
                && job.created.elapsed() < world.config.access_report_reuse
        });
        if let Some(job) = same {
            return Ok(job.id.clone());
        }
        if jobs.iter().any(|job| job.blocks && !job.is_over()) {
            return Err(ApiError::report_in_progress());
        }
        let id = dice::uuid_from(world.config.seed, &["job", path, policy, &jobs.len().to_string()]);
        jobs.push(Job {
            id: id.clone(),
            created_at: Utc::now(),
            outcome: outcome(world, path, policy).into(),
            created: Instant::now(),
            duration: world.config.access_report_duration,
            blocks: true,
            day: world.day,
            path: path.to_owned(),
            policy: policy.to_owned(),
            owner,
        });
        Ok(id)
    }

    /// Makes a job never end. `blocks` decides whether other jobs may begin meanwhile.
    pub fn never_end(&self, id: &str, blocks: bool) {
        let mut jobs = self.jobs.lock().expect("no thread panics while it holds the jobs");
        for job in jobs.iter_mut().filter(|job| job.id == id) {
            (job.duration, job.blocks) = (Duration::MAX, blocks);
        }
    }

    /// Returns the caller's job with this id.
    pub fn find(&self, id: &str, caller: Option<&Signature>) -> Option<Job> {
        let jobs = self.jobs.lock().expect("no thread panics while it holds the jobs");
        jobs.iter().find(|job| job.id == id && job.belongs_to(caller)).cloned()
    }
}

fn outcome(world: &World, path: &str, policy: &str) -> Outcome {
    let policies = world.policies();
    let narrowed_to =
        policies.iter().find(|one| one.id == policy && one.policy_type == "SERVICE_CONTROL_POLICY");
    if !policy.is_empty() && narrowed_to.is_none() {
        let message = "The policy does not exist or is not a service control policy.";
        return Outcome::Failed { code: "INVALID_ORGANIZATIONS_POLICY", message };
    }
    match entity_at(world, path) {
        Some(entity) => Outcome::Completed(activity::report(world, entity, narrowed_to)),
        None => Outcome::Failed {
            code: "INVALID_ORGANIZATIONS_ENTITY_PATH",
            message: "The specified entity path is invalid.",
        },
    }
}

/// Returns the entity, if the whole path is correct. A trailing slash makes it wrong.
fn entity_at(world: &World, path: &str) -> Option<ReportedEntity> {
    let (index, last) = (world.index(), path.rsplit('/').next()?);
    if let Some(unit) = index.units.get(last) {
        return (index.unit_paths[*unit as usize] == path).then_some(ReportedEntity::Unit(*unit));
    }
    let account = *index.accounts.get(last)?;
    (world.account_path(&world.accounts[account as usize]) == path)
        .then_some(ReportedEntity::Account(account))
}
