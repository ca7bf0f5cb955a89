//! The organization's days, each generated when it is first needed.

use std::sync::{Arc, Mutex};

use super::config::Config;
use super::organization::World;
use super::{days, seed};

/// Every day so far. Cheap to share: a day's world never changes.
#[derive(Debug)]
pub(super) struct History {
    config: Arc<Config>,
    worlds: Mutex<Vec<Arc<World>>>,
}

impl History {
    pub fn new(mut config: Config) -> Self {
        // The fixed accounts, OUs and awkward items need at least these sizes.
        let size = &mut config.size;
        for (count, least) in [
            (&mut size.accounts, 8),
            (&mut size.users, 4),
            (&mut size.groups, 4),
            (&mut size.permission_sets, 3),
            (&mut size.pairs, 4),
        ] {
            *count = least.max(*count);
        }
        Self { config: Arc::new(config), worlds: Mutex::new(Vec::new()) }
    }

    /// Returns the organization on that day.
    pub fn day(&self, day: u32) -> Arc<World> {
        let mut worlds = self.worlds.lock().expect("no thread panics while it makes a day");
        while worlds.len() <= day as usize {
            let next = match worlds.last() {
                None => seed::world(&self.config),
                Some(yesterday) => days::next(yesterday),
            };
            worlds.push(Arc::new(next));
        }
        worlds[day as usize].clone()
    }
}
