//! A local, SQL-queryable census of an AWS organization.
//!
//! This page is the code map: read it first, then the modules in this order.
//!
//! ```text
//! AWS ─► aws (clients, pacers, errors) ─► collect (tasks) ─► store::staging
//!     ─► store::publish (versions, gaps, coverage) ─► store::views (now, or as of)
//!     ─► query · diff · history ─► output ─► terminal, files, BI
//!     └► report ─► one HTML page
//! ```
//!
//! | module | its job |
//! | --- | --- |
//! | [`model`] | the nouns: one struct per resource or kind of facts, and the derived views |
//! | [`aws`] | credentials, clients, pacers, one retry policy, one classification of errors |
//! | [`collect`] | the verbs: one file per family of tasks; the loop over the queue; the plan of calls |
//! | [`store`] | the database: staging, publish, versions, views, evidence, retention; names no resource |
//! | [`query`] | the catalog of canned queries, typed parameters, running SQL safely |
//! | [`diff`] | changes between two snapshots; access changes and their causes |
//! | [`export`] | the census for other programs: Parquet, one flat SQLite file, reports, workbooks, Terraform and others |
//! | [`report`] | one HTML page of the census: relations, counts, the page's own script and style sheet |
//! | [`history`] | the life of one account, user, group or permission set over all snapshots |
//! | [`output`] | rows as table, csv, json, markdown; pages of text; messages on standard error |
//! | [`cli`] | one file per subcommand: its arguments and a short `run` |
//! | [`simulator`] | an AWS organization on loopback: for the demo, the tests and the benchmarks |
//! | [`document`] | comparing two policies by meaning, and listing their differences |
//! | [`scopes`] | rules over accounts that describe assignments, and accounts that differ from their scope |
//! | [`error`] | the error type and the exit codes |
//! | [`amounts`] | counts with their nouns, and durations, in the form of messages |
//! | [`digest`] | SHA-256 in the notation of this program |
//! | [`excerpt`] | the beginning of a text from outside, which may have any length |
//! | [`json_keys`] | a key that occurs twice in one JSON object |
//! | [`invocation`] | commands as they are printed for people to type, for the census of this run |
//! | [`plain_file`] | opening files for writing, never through another user's link |
//! | [`signals`] | Ctrl-C and SIGTERM, and the unfinished files that they must not leave behind |
//! | [`nearest`] | "did you mean …?" for every command that takes a name |
//! | [`tree`] | the paths of accounts and OUs in the organization, at any snapshot |
//!
//! Outside `src`:
//!
//! - `queries/`: the canned queries · `migrations/`: the tables.
//! - `tests/it`: the program as users run it · `tests/bi`, `tests/interchange`: exports in the programs that they are for ·
//!   `tests/page`: pages in a browser · `tests/lock-calls`: readers stopped at each lock call.
//! - `tests/structure`: places that name a resource, and import circles · `tests/new-resource`: the changes that a new
//!   resource takes.
//! - `src/closed-output/`: the only unsafe code.
//! - `benches/`: costs and comparisons (`benches/README.md`) · `examples/`: an organization to collect, and a census of a
//!   quarter to query.
//!
//! Where to look first:
//!
//! | question | files |
//! | --- | --- |
//! | Where is the loop over the pages of a listing? | `collect/run/mod.rs`; `collect/run/commit.rs` stores a page |
//! | How is a resource added? | as in `../tests/new-resource/account-roles.patch`; `model/declare.rs` has all declarations |
//! | Why is a row unknown instead of gone? | `store/visibility/mod.rs` |
//! | What decides the exit code? | `error.rs`, and `main.rs` returns it |
//! | How does the pacer choose its rate? | `aws/pacer/rate/mod.rs`, from the quotas in `aws/quota.rs` |
//!
//! Invariants, which matter more than any module:
//!
//! - Dependencies point one way: cli → (collect, query, diff, history, export, report) → store → document → model. Only
//!   `collect` and the commands that call AWS, or show the calls (`collect`, `doctor`, `demo`, `iam-policy`), know `aws`.
//!   Only `cli::demo`, tests and benches know `simulator`.
//! - No `await` inside a SQLite transaction.
//! - `store` and `output` name no resource.
//! - Only `output` and the progress printer write to the terminal, through one filter. Text in a name or on a command line
//!   never acts as a control sequence, is never invisible, and never starts a line of its own.
//! - Every listing of a collection goes through the one page loop (`collect::run`). So an empty page never ends a listing,
//!   and a repeated token never ends it as a success. (ListInstances runs before there is a collection: `aws::discovery`
//!   follows the same rules.)
//! - No foreign key from an assignment to its principal, account or permission set: orphans are real, and findings.
//! - Unknown is never absent. Only evidence closes a row (`store::publish`), and one module decides, in Rust and in SQL,
//!   what a snapshot could not see (`store::visibility`).

pub mod amounts;
pub mod aws;
pub mod cli;
pub mod collect;
pub mod diff;
pub mod digest;
pub mod document;
pub mod error;
pub mod excerpt;
pub mod export;
pub mod history;
pub mod invocation;
pub mod json_keys;
pub mod model;
pub mod nearest;
pub mod output;
pub mod plain_file;
pub mod query;
pub mod report;
pub mod scopes;
pub mod signals;
pub mod simulator;
pub mod store;
pub mod tree;
