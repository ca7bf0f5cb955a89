//! Writes a census of a quarter, to ask the questions of an audit of: `quarter.db` in the working directory, one
//! snapshot for each night from 2026-06-30 to 2026-09-30.
//!
//! ```text
//! cargo run --release --example quarter
//! cargo run --release -- diff 2026-Q2 2026-Q3 --access --steps --ou /Workloads/Prod --privileged --db quarter.db
//! ```
//!
//! The organization is the simulator's, and so are its days: what it has on each of them is published as if it had
//! been collected that night. The README's example is what the program answers.

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
