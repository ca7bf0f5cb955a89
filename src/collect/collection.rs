//! Takes one census from beginning to end: lock, open, preflight, stage or resume, run, publish.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::context::Context;
use super::convert::now;
use super::gap_names::gap_names;
use super::plan::FULL_PASS;
use super::preflight::Preflight;
use super::progress::Progress;
use super::run::{Collection, Ended, RunOptions};
use super::selection::Selection;
use super::stopping::stopped_by_hand;
use super::task::Task;
use super::unlisted_principals;
use crate::amounts::{counted_as, exact_duration, rough_duration};
use crate::aws::ConnectionOptions;
use crate::error::{Error, Result};
use crate::store::{
    ActivityStep, CallTotals, Census, CollectionHeader, CollectorLock, Coverage, Database, Doubled, Gap,
    Published, ShrinkLimit, Snapshot, Staging, Unfinished, Upgrade, staging_stopped, stopped,
    synthetic_version,
};

/// The resources to collect, the connection to use, and the database to write.
#[derive(Debug, Clone)]
pub struct TakeOptions {
    /// The census file, created if missing.
    pub database: PathBuf,
    /// The credentials, the Region and the call rates.
    pub connection: ConnectionOptions,
    /// The resources to collect, and the way to collect them.
    pub selection: Selection,
    /// `--instance-arn`; `None` chooses the only active instance, or else the organization's own.
    pub instance_arn: Option<String>,
    /// `--label`: free text of the snapshot. It replaces the label of a resumed staging.
    pub label: Option<String>,
    /// True to discard a staging instead of resuming it.
    pub restart: bool,
    /// The maximum age of a staging that is resumed.
    pub resume_within: Duration,
    /// The loss of rows per resource above which the snapshot is suspect.
    pub shrink_limit: ShrinkLimit,
    /// The number of days by which a use has to be newer to be stored, for resources that keep uses in steps.
    pub activity_step: ActivityStep,
    /// Limits of the run that do not change the collected resources.
    pub run: RunOptions,
    /// True for the simulated organization of the demo. Its snapshots are marked, and never stand in a real census.
    pub synthetic: bool,
}

impl TakeOptions {
    /// Returns the program version that the collection records.
    fn tool_version(&self) -> String {
        if self.synthetic { synthetic_version() } else { env!("CARGO_PKG_VERSION").to_owned() }
    }

    /// Fails if the file has snapshots of a simulated organization and this collection is of a real one.
    fn refuse_synthetic(&self, former: &[Snapshot]) -> Result<()> {
        if self.synthetic || !former.iter().any(Snapshot::is_synthetic) {
            return Ok(());
        }
        let file = self.database.display();
        Err(Error::failed(format!(
            "\"{file}\" holds the demo's simulated organization, and a real one cannot be collected into it"
        ))
        .hint("name another file: collect --db orgcensus.db"))
    }
}

/// The outcome of a collection.
#[derive(Debug)]
pub enum Taken {
    /// A snapshot was published.
    Published(Summary),
    /// A dry run: nothing was written.
    Counted,
    /// The collection stopped before publishing. The staging is kept.
    Stopped(Error),
}

/// The calls and the duration of a published collection, resumed parts included.
#[derive(Debug)]
pub struct Summary {
    /// The snapshot, with its counts by resource.
    pub published: Published,
    /// The coverage, read by the connection that wrote it: a read-only connection would leave SQLite's files beside the
    /// census.
    pub coverage: Vec<Coverage>,
    /// The gaps of the snapshot, as recorded in the census.
    pub gaps: Vec<Gap>,
    /// The readable names of the scopes of gaps where one listing was denied or failed, by scope.
    pub gap_names: BTreeMap<String, String>,
    /// The rows that one kind of listing returned twice with different values.
    pub doubled: Vec<Doubled>,
    /// The previous snapshot, if its completion time is later than this one's: a clock was wrong.
    pub after_this: Option<Box<Snapshot>>,
    /// Calls by operation.
    pub calls: BTreeMap<String, u64>,
    /// The number of `calls` that AWS throttled.
    pub throttled: u64,
    /// The time since the first call of the collection, pauses between resumed parts included.
    pub elapsed: Duration,
}

/// Takes a census.
///
/// Fails before the first call if the database cannot be written, belongs to another organization or is being written
/// by another collector. See [`Preflight::run`] for the other immediate failures. A later disk error (full, locked by
/// another program) stops the collection, which can be resumed.
///
/// `interrupted` is observed until the publish begins. Publishing takes seconds, and everything is collected by then.
pub async fn take(
    options: &TakeOptions,
    progress: &mut dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Taken> {
    if options.run.dry_run {
        return count(options, progress, interrupted).await;
    }
    let path = &options.database;
    if let Some(upgrade) = Upgrade::due(path) {
        progress.say(&format!("{}: {upgrade}", path.display()));
    }
    // An existing file is opened first: a database that cannot be written is not worth a call.
    let mut existing = if path.exists() { Some(Database::open_or_create(path)?.0) } else { None };
    let _lock = CollectorLock::acquire(path)?;
    if existing.as_ref().is_some_and(Database::was_copy) {
        progress.say(&format!("{} was a copy, and is a census again", path.display()));
    }
    if let Some(database) = &mut existing {
        fill(database, progress).map_err(|error| stopped(error, path))?;
    }
    let former = existing.as_ref().map_or(Ok(Vec::new()), Database::snapshots)?;
    options.refuse_synthetic(&former)?;
    tokio::pin!(interrupted);
    let started_at = now();
    let preflight = tokio::select! {
        // In this order, so that an interruption is observed before the first call is sent.
        biased;
        () = &mut interrupted => return Ok(Taken::Stopped(stopped_by_hand())),
        preflight = preflight(options, &former, progress) => preflight?,
    };
    let context = &preflight.context;
    let mut database = match existing {
        Some(database) => database,
        None => {
            let (database, _) = Database::open_or_create(path)?;
            // The line before names the organization and the caller.
            progress.say(&format!("created {}", path.display()));
            database
        }
    };
    database.claim(&context.identity()).map_err(|error| stopped(error, path))?;
    let staged_in = Staging::path_beside(path);
    let not_staged = |error| staging_stopped(error, &staged_in);
    let mut staging = match resumable(options, &database, context, progress)? {
        Some(staging) => staging,
        None => Staging::create(&database, &header(options, context, started_at)).map_err(not_staged)?,
    };
    let begun = started(&staging);
    let collection = Collection::new(
        context,
        &options.selection,
        database.connection(),
        &mut staging,
        options.run.clone(),
    )
    .map_err(not_staged)?;
    if let Ended::Stopped(error) = collection.run(progress, interrupted).await.map_err(not_staged)? {
        return Ok(Taken::Stopped(error));
    }
    progress.say("publishing");
    let (calls, throttled) = staging.calls()?;
    let totals = CallTotals {
        api_calls: i64::try_from(calls.values().sum::<u64>()).unwrap_or(i64::MAX),
        throttled_calls: i64::try_from(throttled).unwrap_or(i64::MAX),
        completed_at: now(),
    };
    let published = database
        .publish(&staging, &totals, options.shrink_limit, options.activity_step)
        .map_err(|error| stopped(error, path))?;
    let doubled = staging.doubled()?;
    let announcement = staging.note(FULL_PASS)?;
    drop(staging);
    Staging::discard(&database)?;
    for remark in unlisted_principals::remarks(database.connection(), published.snapshot_id)? {
        progress.say(&remark);
    }
    if let Some(announcement) = announcement {
        progress.say(&announcement);
    }
    let elapsed = (Utc::now() - begun).to_std().unwrap_or_default();
    let coverage = database.coverage(published.snapshot_id)?;
    let gaps = database.gaps(published.snapshot_id)?;
    let gap_names = gap_names(database.connection(), &gaps)?;
    let completed = DateTime::parse_from_rfc3339(&totals.completed_at).ok().map(|time| time.to_utc());
    let is_later = |one: &Snapshot| one.times().map(|(_, time)| time) > completed;
    let after_this = former.into_iter().next_back().filter(is_later).map(Box::new);
    Ok(Taken::Published(Summary {
        after_this,
        published,
        coverage,
        gaps,
        gap_names,
        doubled,
        calls,
        throttled,
        elapsed,
    }))
}

/// The interval between progress messages while filling.
const FILLING_TOLD: Duration = Duration::from_secs(10);

/// Fills tables that an older program version did not keep in the file.
fn fill(database: &mut Database, progress: &mut dyn Progress) -> Result<()> {
    let mut told: Option<Instant> = None;
    database.fill(|done, all| {
        if told.is_none_or(|told| told.elapsed() >= FILLING_TOLD) {
            told = Some(Instant::now());
            progress.say(&format!("storing access changes: {done} of {all} snapshots are done"));
        }
    })
}

/// Counts for a dry run, in a temporary database.
async fn count(
    options: &TakeOptions,
    progress: &mut dyn Progress,
    interrupted: impl Future<Output = ()>,
) -> Result<Taken> {
    let started_at = now();
    let existing = if options.database.exists() { Some(Census::open(&options.database)?) } else { None };
    let former = existing.as_ref().map_or(Ok(Vec::new()), Census::snapshots)?;
    options.refuse_synthetic(&former)?;
    let preflight = preflight(options, &former, progress).await?;
    let folder = tempfile::Builder::new().prefix("orgcensus-dry-run-").tempdir().map_err(|error| {
        Error::failed("cannot create a temporary folder for the dry run").caused_by(error)
    })?;
    let (scratch, _) = Database::open_or_create(&folder.path().join("census.db"))?;
    let history = existing.as_ref().map_or(scratch.connection(), Census::connection);
    let mut staging = Staging::create(&scratch, &header(options, &preflight.context, started_at))?;
    let collection =
        Collection::new(&preflight.context, &options.selection, history, &mut staging, options.run.clone())?;
    Ok(match collection.run(progress, interrupted).await? {
        Ended::Finished => Taken::Counted,
        Ended::Stopped(error) => Taken::Stopped(error),
    })
}

async fn preflight(
    options: &TakeOptions,
    former: &[Snapshot],
    progress: &mut dyn Progress,
) -> Result<Preflight> {
    let instance_arn = options.instance_arn.as_deref();
    let preflight = Preflight::run(&options.connection, &options.selection, instance_arn, former).await?;
    progress.say(&format!("collecting {}", whose(&preflight.context)));
    for remark in &preflight.remarks {
        progress.say(remark);
    }
    Ok(preflight)
}

fn whose(context: &Context) -> String {
    let organization = context.organization_id().unwrap_or("an organization that cannot be described");
    let instance = match &context.instance {
        Some(instance) => format!(", {} in {}", instance.instance_arn, instance.region),
        None => String::new(),
    };
    let caller =
        context.caller.as_ref().and_then(|caller| caller.arn.as_deref()).unwrap_or("an unknown caller");
    format!("{organization}{instance}, as {caller}")
}

fn header(options: &TakeOptions, context: &Context, started_at: String) -> CollectionHeader {
    CollectionHeader {
        collection_id: uuid::Uuid::new_v4().to_string(),
        started_at,
        organization_id: context.organization_id().map(str::to_owned),
        instance_arn: context.instance_arn(),
        identity_store_id: context.identity_store_id(),
        region: Some(context.aws.region().to_owned()),
        caller_arn: context.caller.as_ref().and_then(|caller| caller.arn.clone()),
        caller_user_id: context.caller.as_ref().and_then(|caller| caller.user_id.clone()),
        label: options.label.clone(),
        selection: options.selection.canonical(),
        tool_version: options.tool_version(),
    }
}

/// Returns the staging of an earlier collection if this one may resume it. Otherwise discards it with a message.
fn resumable(
    options: &TakeOptions,
    database: &Database,
    context: &Context,
    progress: &mut dyn Progress,
) -> Result<Option<Staging>> {
    let mut staging = match Staging::open(database)? {
        Unfinished::None => return Ok(None),
        Unfinished::Usable(staging) => *staging,
        Unfinished::Unusable(reason) => {
            progress.say(&format!("discarding an unfinished collection: {reason}"));
            Staging::discard(database)?;
            return Ok(None);
        }
    };
    let age = (Utc::now() - written(&staging)?).to_std().unwrap_or_default();
    let found = staging.header();
    let refusal = if options.restart {
        Some("--restart".to_owned())
    } else if age > options.resume_within {
        Some(format!(
            "it is {} old, and --resume-within says {}",
            exact_duration(Duration::from_secs(age.as_secs())),
            exact_duration(options.resume_within)
        ))
    } else if differ(found.organization_id.as_deref(), context.organization_id())
        || differ(found.instance_arn.as_deref(), context.instance_arn().as_deref())
    {
        Some("it is of another organization or instance".to_owned())
    } else if found.selection != options.selection.canonical() {
        Some(
            "it collects something else (--only, --skip, --access-report, --access-report-policies or --assignments \
             differ)"
                .to_owned(),
        )
    } else if found.tool_version != options.tool_version() {
        Some(format!("version {} began it", found.tool_version))
    } else if staging.bodies()?.iter().any(|body| serde_json::from_str::<Task>(body).is_err()) {
        Some("it has a task that this version does not know".to_owned())
    } else {
        None
    };
    if let Some(reason) = refusal {
        progress.say(&format!("discarding an unfinished collection: {reason}"));
        drop(staging);
        Staging::discard(database)?;
        return Ok(None);
    }
    if !staging.damaged().is_empty() {
        let damaged = staging.damaged().join(", ");
        progress.say(&format!("the unfinished collection is damaged: asking again for {damaged}"));
    }
    let counts = staging.task_counts()?;
    let ended: u64 = counts.iter().map(|counts| counts.ended).sum();
    let open: u64 = counts.iter().map(|counts| counts.open).sum();
    progress.say(&format!(
        "resuming the collection begun at {}, last step {} ago: {} done, {} left",
        found.started_at,
        rough_duration(age),
        counted_as(ended, "task is", "tasks are"),
        counted_as(open, "is", "are"),
    ));
    if let Some(label) = &options.label {
        staging.set_label(label)?;
    }
    Ok(Some(staging))
}

/// Returns true if both are known and different. An unknown value proves nothing.
fn differ(found: Option<&str>, now: Option<&str>) -> bool {
    found.is_some() && now.is_some() && found != now
}

fn written(staging: &Staging) -> Result<DateTime<Utc>> {
    let written = staging.last_written_at()?;
    Ok(DateTime::parse_from_rfc3339(&written).map_or_else(|_| Utc::now(), |time| time.to_utc()))
}

fn started(staging: &Staging) -> DateTime<Utc> {
    let started = &staging.header().started_at;
    DateTime::parse_from_rfc3339(started).map_or_else(|_| Utc::now(), |time| time.to_utc())
}
