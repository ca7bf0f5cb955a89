//! Censuses of the simulator's days, published without calls, for tests about the days themselves.

#[expect(dead_code, reason = "what measures is for the benches")]
#[path = "../../benches/support/census.rs"]
pub mod census;
#[expect(dead_code, reason = "its days are another kind, for the benches")]
#[path = "../../benches/support/churn.rs"]
mod churn;
#[path = "../../examples/quarter/nights.rs"]
pub mod nights;
