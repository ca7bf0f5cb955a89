//! The binary end to end, in one test binary so that the SDKs link once. Modules are named by behaviour.

mod bad_input;
mod bad_world;
mod canned_queries;
mod diff;
mod diff_truth;
mod disk;
mod doctor;
mod evidence;
mod faults;
mod fixture;
mod gaps;
mod kill;
mod only_reads;
mod published;
mod query;
mod readme;
mod resume;
mod shapes;
mod state;
mod storm;
mod strategy;
mod suspect;
mod tampering;
mod time;
mod truth;
mod world;
