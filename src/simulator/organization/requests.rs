//! The requests of the last days, to create or delete an assignment and to provision a permission set. They follow from
//! the seed and their day, and are dropped after a few days, as AWS drops them after some weeks.

use super::{DAY, Millis, World};
use crate::model::RequestKind;
use crate::simulator::dice;

/// The number of days for which a request is kept.
const KEPT: u32 = 3;
/// The number of requests of each kind per day.
const MADE: u32 = 4;
/// The minimum sizes, which every organization has.
const ACCOUNTS: usize = 8;
const SETS: usize = 3;
const USERS: usize = 4;

/// A request.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Request {
    pub id: String,
    pub status: &'static str,
    /// The positions of the account, the permission set and the user of the request.
    pub account: usize,
    pub set: usize,
    pub user: usize,
    pub created_at: Millis,
    pub failure_reason: Option<&'static str>,
}

impl World {
    /// Returns the requests of a kind that are kept, the newest day first.
    pub fn requests(&self, kind: RequestKind) -> Vec<Request> {
        let today = self.day_of_instance();
        let days = (today.saturating_sub(KEPT)..=today).rev();
        days.flat_map(|day| (0..MADE).map(move |number| self.request(kind, day, number))).collect()
    }

    fn request(&self, kind: RequestKind, day: u32, number: u32) -> Request {
        let parts = ["request", kind.as_str(), &day.to_string(), &number.to_string()];
        let turn = dice::hash(self.config.seed, &parts) as usize;
        let failed = number == 1 || (number == 2 && day % 2 == 1);
        // The last request of a day ends overnight.
        let is_under_way = number == MADE - 1 && day == self.day_of_instance();
        let status = match (is_under_way, failed) {
            (true, _) => "IN_PROGRESS",
            (false, true) => "FAILED",
            (false, false) => "SUCCEEDED",
        };
        Request {
            id: dice::uuid_from(self.config.seed, &parts),
            status,
            account: turn % ACCOUNTS,
            set: turn / 8 % SETS,
            user: turn / 64 % USERS,
            created_at: self.config.start.timestamp_millis() + i64::from(day) * DAY
                - 3_600_000 * i64::from(number + 1),
            failure_reason: (status == "FAILED").then_some(match number {
                1 => "Received a 403 status error: \"Not supported, role is protected\"",
                _ => "The customer managed policy does not exist in the account.",
            }),
        }
    }
}
