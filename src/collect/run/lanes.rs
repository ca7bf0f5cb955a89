//! The lanes of a collection: tasks that share a pacer, and how many of their calls are under way at once.

use std::collections::VecDeque;

use crate::collect::access_report;
use crate::collect::context::Context;
use crate::store::OpenTask;

/// How many calls of one lane are under way at most: to hide the round trip, not to go faster than the pacer.
const LEAST_UNDER_WAY: usize = 4;
const MOST_UNDER_WAY: usize = 64;
/// Round trips up to this long do not cost throughput.
const ROUND_TRIP: f64 = 0.6;

/// One lane: tasks that share a pacer.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub limit: usize,
    pub under_way: usize,
    pub buffer: VecDeque<OpenTask>,
    /// Tasks whose call failed in a way that may pass: tried once more when the lane has nothing else to do.
    pub aside: Vec<OpenTask>,
    /// Tasks whose answer was doubted: asked once more when nothing but access reports is left to ask, since any
    /// other answer may show that they are to be believed.
    pub doubted: Vec<OpenTask>,
    /// Whether the staging may hold open tasks of this lane beyond the buffer.
    pub more: bool,
}

/// How many calls of a lane may be under way.
pub(super) fn limit_of(context: &Context, lane: &str) -> usize {
    if lane == access_report::LANE {
        return 1;
    }
    let hidden = (context.rate_of(lane) * ROUND_TRIP).ceil() as usize;
    hidden.clamp(LEAST_UNDER_WAY, MOST_UNDER_WAY)
}
