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
//! | [`model`] | the nouns: one struct a resource or kind of facts, and the derived views |
//! | [`aws`] | credentials, clients, pacers, one retry policy, one classification of errors |
//! | [`collect`] | the verbs: one file a family of tasks; the queue's loop; the plan of calls |
//! | [`store`] | the database: staging, publish, versions, views, evidence, retention; names no resource |
//! | [`query`] | the catalog of canned queries, typed parameters, running SQL safely |
//! | [`diff`] | changes between two snapshots; access changes and their causes |
//! | [`export`] | the census for other programs: Parquet, one flat SQLite file, reports, workbooks, Terraform and others |
//! | [`report`] | one HTML page of the census: relations, counts, the page's own script and style sheet |
//! | [`history`] | the life of one account, user, group or permission set over all snapshots |
//! | [`output`] | rows to table, csv, json, markdown; pages of text; words to standard error |
//! | [`cli`] | one file a subcommand: its arguments and a short `run` |
//! | [`simulator`] | an AWS organization on loopback: for the demo, the tests and the benchmarks |
//! | [`document`] | when two policies say the same, and what differs between two |
//! | [`scopes`] | rules over accounts that give assignments, and accounts that differ from their scope |
//! | [`error`] | the error type and the exit codes |
//! | [`digest`] | SHA-256 as this program writes it |
//! | [`excerpt`] | the beginning of a text from outside, which may be as long as it likes |
//! | [`json_keys`] | a key that is twice in one JSON object |
//! | [`invocation`] | commands as they are printed for people to type, for the census that was asked |
//! | [`plain_file`] | opening files for writing: never through a link of somebody else |
//! | [`signals`] | Ctrl-C and SIGTERM, and the files that they must not leave behind half-written |
//! | [`nearest`] | "did you mean …?", for whatever takes a name |
//! | [`tree`] | where accounts and OUs stand in the organization, in any snapshot |
//!
//! Outside: `queries/` the canned queries, `migrations/` the tables, `tests/it` the program from outside,
//! `tests/bi` and `tests/interchange` exports in the programs that they are for, `tests/page` pages in a browser, `tests/lock-calls` readers stopped at each
//! lock call, `tests/structure` where the program still names a resource or imports in a circle, `tests/new-resource` all
//! that a new resource touches, `src/closed-output/` the only unsafe code, `benches/` what it costs and how it compares
//! (`benches/README.md`), `examples/` an organization to collect and a quarter's census to ask.
//!
//! Where to look first:
//!
//! | question | files |
//! | --- | --- |
//! | Where is the loop over the pages of a listing? | `collect/run/mod.rs`, and what becomes of a page in `collect/run/commit.rs` |
//! | How is a resource added? | as in `../tests/new-resource/account-roles.patch`, with whatever else `model/declare.rs` can declare |
//! | Why is a row unknown, and not gone? | `store/visibility/mod.rs` |
//! | What decides the exit code? | `error.rs`, and `main.rs` where it becomes the process's |
//! | How does the pacer choose its rate? | `aws/pacer/rate/mod.rs`, from the quotas in `aws/quota.rs` |
//!
//! Invariants, worth more than any module:
//!
//! - Dependencies point one way: cli → (collect, query, diff, history, export, report) → store → document → model. Only `collect`
//!   and the commands that have it call AWS, or say what it would call (`collect`, `doctor`, `demo`, `iam-policy`),
//!   know `aws`; only `cli::demo`, tests and benches know `simulator`.
//! - No `await` inside a SQLite transaction.
//! - `store` and `output` name no resource.
//! - Only `output` and the progress printer write to the terminal, through one filter: whatever a name or a command
//!   line holds, it is never obeyed, never unseen, and never a line of its own.
//! - Every listing of a collection goes through the one page loop (`collect::run`), so that an empty page never
//!   ends it and a repeated token never ends it as a success. (ListInstances comes before there is a collection:
//!   `aws::discovery` keeps the same rules.)
//! - No foreign key from an assignment to its principal, account or permission set: orphans are real,
//!   and findings.
//! - What was not seen is never absent: nothing but evidence closes a row (`store::publish`), and one place says, in Rust
//!   and in SQL, what a snapshot could not see (`store::visibility`).

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
