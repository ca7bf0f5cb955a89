//! Writes a census of a quarter, for the questions of an audit: `quarter.db` in the working directory, with one
//! snapshot for each night from 2026-06-30 to 2026-09-30.
//!
//! ```text
//! cargo run --release --example quarter
//! cargo run --release -- diff 2026-Q2 2026-Q3 --access --steps --ou /Workloads/Prod --privileged --db quarter.db
//! ```
//!
//! The organization and its days are the simulator's. The state of each day is published as if it had been collected
//! that night. The example in the README is the program's answer.

#[expect(dead_code, reason = "what measures is for the benches")]
#[path = "../../benches/support/census.rs"]
mod census;
#[expect(dead_code, reason = "its days are another kind, for the benches")]
#[path = "../../benches/support/churn.rs"]
mod churn;
mod nights;

fn main() {
    nights::publish(std::path::Path::new("quarter.db"));
    println!("quarter.db has a snapshot for each night from 2026-06-30 to 2026-09-30");
}
