//! What happens from one day to the next.

use super::organization::World;

/// The world of the day after.
pub(super) fn next(yesterday: &World) -> World {
    yesterday.tomorrow()
}
