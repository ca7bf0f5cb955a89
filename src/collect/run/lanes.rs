//! The lanes of a collection: tasks that share a pacer, and the limit of their concurrent calls.
//!
//! A lane is examined only after an event that may let it start a task: a task was queued or set aside, one of its
//! calls ended, or its limit rose. So thousands of lanes, one for each account, cost no more than the tasks in them.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::collect::context::Context;
use crate::collect::lane::LaneKey;
use crate::store::OpenTask;

/// The limits of concurrent calls in one lane. They hide the round trip, and do not exceed the pacer's rate.
const LEAST_UNDER_WAY: usize = 4;
const MOST_UNDER_WAY: usize = 64;
/// The limit of concurrent calls in all accounts together, because connections and role sessions have a cost.
const MOST_IN_ACCOUNTS: usize = 64;
/// The round trip in seconds up to which throughput is not reduced.
const ROUND_TRIP: f64 = 0.6;

/// One lane: tasks that share a pacer.
#[derive(Debug, Default)]
pub(super) struct Lane {
    pub limit: usize,
    pub under_way: HashSet<i64>,
    pub buffer: VecDeque<OpenTask>,
    /// The tasks with a transient failure, retried when the lane has nothing else to do.
    pub aside: Vec<OpenTask>,
    /// The tasks with a doubted answer. They are asked again when only access reports are left, since any other answer
    /// may show that they can be trusted.
    pub doubted: Vec<OpenTask>,
    /// True if the staging may hold open tasks of this lane beyond the buffer.
    pub more: bool,
    is_ready: bool,
}

impl Lane {
    /// Returns the tasks that must not be read from the staging again.
    pub fn held(&self) -> HashSet<i64> {
        let set_aside = self.aside.iter().chain(&self.doubted).map(|open| open.task_id);
        self.under_way.iter().copied().chain(set_aside).collect()
    }

    fn is_over(&self) -> bool {
        self.under_way.is_empty()
            && self.buffer.is_empty()
            && self.aside.is_empty()
            && self.doubted.is_empty()
            && !self.more
    }
}

/// The connection to an account, made by the first task that needs it and shared by all of the account's lanes. `None`
/// if no role is named to assume in accounts.
pub(super) type InAccount = Arc<OnceCell<Option<Arc<Context>>>>;

/// All lanes.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    lanes: HashMap<LaneKey, Lane>,
    /// The lanes to examine, each once.
    ready: VecDeque<LaneKey>,
    /// The lanes of accounts that wait until fewer calls are in flight in other accounts.
    waiting: VecDeque<LaneKey>,
    /// The number of calls in flight in accounts.
    in_accounts: usize,
    /// The connections to accounts that have lanes, and the number of these lanes.
    accounts: HashMap<String, (InAccount, usize)>,
    doubted: usize,
    /// The number of times that a lane was examined.
    #[cfg(test)]
    pub looks: usize,
}

impl Lanes {
    /// Records that the staging may hold open tasks of a lane.
    pub fn expect(&mut self, key: &LaneKey, limit: impl FnOnce() -> usize) {
        if !self.lanes.contains_key(key) {
            self.lanes.insert(key.clone(), Lane { limit: limit(), ..Lane::default() });
            if let Some(account) = &key.account {
                self.accounts.entry(account.clone()).or_default().1 += 1;
            }
        }
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.more = true;
        }
        self.look_at(key);
    }

    /// Takes the next lane to examine.
    pub fn next_ready(&mut self) -> Option<LaneKey> {
        let key = match self.ready.pop_front() {
            None if self.in_accounts < MOST_IN_ACCOUNTS => self.waiting.pop_front()?,
            ready => ready?,
        };
        if let Some(lane) = self.lanes.get_mut(&key) {
            lane.is_ready = false;
        }
        #[cfg(test)]
        {
            self.looks += 1;
        }
        Some(key)
    }

    /// Returns the lane, if it may start a task now. Otherwise it is examined again when it may.
    pub fn free(&mut self, key: &LaneKey) -> Option<&mut Lane> {
        let lane = self.lanes.get_mut(key)?;
        if lane.under_way.len() >= lane.limit {
            return None;
        }
        if key.account.is_some() && self.in_accounts >= MOST_IN_ACCOUNTS {
            if !std::mem::replace(&mut lane.is_ready, true) {
                self.waiting.push_back(key.clone());
            }
            return None;
        }
        Some(lane)
    }

    /// Removes the lane of an account, if it has no task left. The last lane also removes the account's connection.
    pub fn close_if_over(&mut self, key: &LaneKey) {
        if key.account.is_some() && self.lanes.get(key).is_some_and(Lane::is_over) {
            self.remove(key);
        }
    }

    /// Returns the connection to the account of a lane.
    pub fn in_account(&self, key: &LaneKey) -> Option<InAccount> {
        self.accounts.get(key.account.as_ref()?).map(|(connection, _)| connection.clone())
    }

    /// Lets the next task in the account of a lane connect anew, because the session there has ended.
    pub fn disconnect(&mut self, key: &LaneKey) {
        if let Some((connection, _)) = key.account.as_ref().and_then(|account| self.accounts.get_mut(account))
        {
            *connection = InAccount::default();
        }
    }

    /// Records that a call of a task is in flight.
    pub fn begin(&mut self, key: &LaneKey, task_id: i64) {
        if let Some(lane) = self.lanes.get_mut(key)
            && lane.under_way.insert(task_id)
        {
            self.in_accounts += usize::from(key.account.is_some());
        }
    }

    /// Records that no call of a task is in flight any more.
    pub fn end(&mut self, key: &LaneKey, task_id: i64) {
        let was_under_way = self.lanes.get_mut(key).is_some_and(|lane| lane.under_way.remove(&task_id));
        if was_under_way && key.account.is_some() {
            self.in_accounts -= 1;
        }
        self.look_at(key);
    }

    /// Sets a task aside, to be retried when its lane has nothing else to do.
    pub fn put_aside(&mut self, key: &LaneKey, open: OpenTask) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.aside.push(open);
        }
        self.look_at(key);
    }

    /// Sets a task with a doubted answer aside.
    pub fn doubt(&mut self, key: &LaneKey, open: OpenTask) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.doubted.push(open);
            self.doubted += 1;
        }
    }

    /// Lets every task with a doubted answer be asked again. Returns true if there is any.
    pub fn ask_the_doubted_again(&mut self) -> bool {
        if std::mem::take(&mut self.doubted) == 0 {
            return false;
        }
        let mut again = Vec::new();
        for (key, lane) in &mut self.lanes {
            if !lane.doubted.is_empty() {
                lane.buffer.extend(lane.doubted.drain(..));
                again.push(key.clone());
            }
        }
        again.iter().for_each(|key| self.look_at(key));
        !again.is_empty()
    }

    /// Removes the tasks of a kind, which have ended.
    pub fn forget(&mut self, key: &LaneKey, kind: &str) {
        let Some(lane) = self.lanes.get_mut(key) else { return };
        lane.buffer.retain(|open| open.kind != kind);
        lane.aside.retain(|open| open.kind != kind);
        let doubted = lane.doubted.len();
        lane.doubted.retain(|open| open.kind != kind);
        self.doubted -= doubted - lane.doubted.len();
        self.look_at(key);
    }

    /// Removes a lane whose work is over.
    pub fn remove(&mut self, key: &LaneKey) {
        let Some(lane) = self.lanes.remove(key) else { return };
        self.doubted -= lane.doubted.len();
        let Some(account) = &key.account else { return };
        self.in_accounts -= lane.under_way.len();
        if let Some((_, lanes)) = self.accounts.get_mut(account) {
            *lanes -= 1;
            if *lanes == 0 {
                self.accounts.remove(account);
            }
        }
    }

    /// Sets the limits of the lanes whose pacer's rate may have changed.
    pub fn set_limits(&mut self, limit: impl Fn(&LaneKey) -> usize) {
        let mut higher = Vec::new();
        for (key, lane) in self.lanes.iter_mut().filter(|(key, _)| key.account.is_none()) {
            let limit = limit(key);
            if limit > lane.limit {
                higher.push(key.clone());
            }
            lane.limit = limit;
        }
        higher.iter().for_each(|key| self.look_at(key));
    }

    /// Adds a lane to the lanes to examine. A lane of a connected account goes first, so that an account is finished,
    /// and its connection closed, before others begin.
    fn look_at(&mut self, key: &LaneKey) {
        let Some(lane) = self.lanes.get_mut(key).filter(|lane| !lane.is_ready) else { return };
        lane.is_ready = true;
        let has_begun = key.account.as_ref().is_some_and(|account| {
            self.accounts.get(account).is_some_and(|(connection, _)| connection.initialized())
        });
        match has_begun {
            true => self.ready.push_front(key.clone()),
            false => self.ready.push_back(key.clone()),
        }
    }
}

/// Returns the limit of concurrent calls of a lane.
pub(super) fn limit_of(context: &Context, lane: &LaneKey) -> usize {
    if lane.is_reports() {
        return 1;
    }
    let hidden = (context.rate_of(lane) * ROUND_TRIP).ceil() as usize;
    hidden.clamp(LEAST_UNDER_WAY, MOST_UNDER_WAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(task_id: i64) -> OpenTask {
        let (kind, body) = ("kind".to_owned(), "{}".to_owned());
        OpenTask { task_id, kind, body, next_token: None, left_out: false }
    }

    fn of_account(number: usize) -> LaneKey {
        LaneKey::of(&format!("iam@{number:012}"))
    }

    /// Runs two tasks in each of so many accounts. Returns the number of examined lanes, and the largest number of
    /// connected accounts.
    fn looks(accounts: usize) -> usize {
        let mut lanes = Lanes::default();
        let mut left: HashMap<LaneKey, usize> = HashMap::new();
        for number in 0..accounts {
            lanes.expect(&of_account(number), || LEAST_UNDER_WAY);
            left.insert(of_account(number), 2);
        }
        let (mut under_way, mut task_id) = (VecDeque::new(), 0);
        loop {
            while let Some(key) = lanes.next_ready() {
                while let Some(lane) = lanes.free(&key) {
                    let left = left.get_mut(&key).unwrap();
                    lane.more = false;
                    if *left == 0 {
                        break;
                    }
                    *left -= 1;
                    task_id += 1;
                    lanes.begin(&key, task_id);
                    under_way.push_back((key.clone(), task_id));
                }
                lanes.close_if_over(&key);
            }
            assert!(under_way.len() <= MOST_IN_ACCOUNTS);
            let Some((key, task_id)) = under_way.pop_front() else { break };
            lanes.end(&key, task_id);
        }
        assert!(left.values().all(|left| *left == 0), "every task was started");
        assert!(
            lanes.lanes.is_empty() && lanes.accounts.is_empty(),
            "nothing is kept of an account that is over"
        );
        lanes.looks
    }

    #[test]
    fn looks_grow_with_the_accounts_and_no_faster() {
        let (few, many) = (looks(500), looks(5_000));
        assert!(many <= 10 * few + 100, "{few} and {many}");
        assert!(many <= 6 * 5_000, "{many}");
    }

    #[test]
    fn a_lane_is_looked_at_when_it_may_start_something() {
        let mut lanes = Lanes::default();
        let key = LaneKey::of("sso-admin");
        assert_eq!(lanes.next_ready(), None);
        lanes.expect(&key, || 1);
        lanes.expect(&key, || 1);
        assert_eq!((lanes.next_ready(), lanes.next_ready()), (Some(key.clone()), None));
        assert!(lanes.free(&key).is_some());
        lanes.begin(&key, 1);
        assert!(lanes.free(&key).is_none(), "it is full");
        lanes.set_limits(|_| 2);
        assert_eq!(lanes.next_ready(), Some(key.clone()), "it may have more");
        lanes.end(&key, 1);
        assert_eq!(lanes.next_ready(), Some(key.clone()));
        lanes.doubt(&key, open(1));
        assert_eq!(lanes.next_ready(), None, "the doubted wait for all others");
        assert!(lanes.ask_the_doubted_again() && !lanes.ask_the_doubted_again());
        assert_eq!(lanes.next_ready(), Some(key.clone()));
        lanes.put_aside(&key, open(2));
        assert_eq!(lanes.next_ready(), Some(key));
    }

    #[test]
    fn accounts_wait_while_many_are_asked() {
        let mut lanes = Lanes::default();
        let (first, last) = (of_account(0), of_account(MOST_IN_ACCOUNTS));
        for number in 0..=MOST_IN_ACCOUNTS {
            lanes.expect(&of_account(number), || LEAST_UNDER_WAY);
        }
        for task_id in 0..MOST_IN_ACCOUNTS {
            let key = lanes.next_ready().unwrap();
            assert!(lanes.free(&key).is_some());
            lanes.begin(&key, task_id as i64);
        }
        assert_eq!(lanes.next_ready(), Some(last.clone()));
        assert!(lanes.free(&last).is_none() && lanes.next_ready().is_none());
        let elsewhere = LaneKey::of("sso-admin");
        lanes.expect(&elsewhere, || 1);
        assert_eq!(lanes.next_ready(), Some(elsewhere.clone()));
        assert!(lanes.free(&elsewhere).is_some(), "what is asked in no account does not wait");
        lanes.end(&first, 0);
        assert_eq!(lanes.next_ready(), Some(first.clone()));
        lanes.remove(&first);
        assert_eq!(lanes.next_ready(), Some(last.clone()));
        assert!(lanes.free(&last).is_some());
    }
}
