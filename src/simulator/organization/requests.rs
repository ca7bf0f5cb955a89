//! The requests of the last days: to make or delete an assignment, and to provision a permission set. They follow from the
//! seed and the day that they were made on, and are forgotten after a few days, as AWS forgets them after some weeks.

use super::{DAY, Millis, World};
use crate::model::RequestKind;
use crate::simulator::dice;

/// For how many days a request is kept.
const KEPT: u32 = 3;
/// How many of each kind are made in a day.
const MADE: u32 = 4;
/// So many of each are there in every organization: its least size.
const ACCOUNTS: usize = 8;
const SETS: usize = 3;
const USERS: usize = 4;

/// A request.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Request {
    pub id: String,
    pub status: &'static str,
    /// Positions of the account, the permission set and the user that it is about.
    pub account: usize,
    pub set: usize,
    pub user: usize,
    pub created_at: Millis,
    pub failure_reason: Option<&'static str>,
}

impl World {
    /// The requests of a kind that are kept, the newest day first.
    pub fn requests(&self, kind: RequestKind) -> Vec<Request> {
        let today = self.day_of_instance();
        let days = (today.saturating_sub(KEPT)..=today).rev();
        days.flat_map(|day| (0..MADE).map(move |number| self.request(kind, day, number))).collect()
    }

    fn request(&self, kind: RequestKind, day: u32, number: u32) -> Request {
        let parts = ["request", kind.as_str(), &day.to_string(), &number.to_string()];
        let turn = dice::hash(self.config.seed, &parts) as usize;
        let failed = number == 1 || (number == 2 && day % 2 == 1);
        // The last one of a day ends overnight.
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
