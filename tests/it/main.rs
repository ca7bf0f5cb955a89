//! The binary end to end, in one test binary so that the SDKs link once. Modules are named by behaviour.

mod bad_input;
mod canned_queries;
mod diff;
mod fixture;
mod query;
mod shapes;
mod state;
