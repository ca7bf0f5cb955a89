//! Token buckets, as the services keep them.
//!
//! There is one for all of sso-admin, one for the identity store, one for IAM of each account, and one for each operation
//! of Organizations. STS is never throttled. The rates can be changed while the simulator serves.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Instant;

use super::config::Rates;
use super::protocol::Service;

/// All buckets of the simulated organization.
#[derive(Debug)]
pub(super) struct Buckets(Mutex<State>);

#[derive(Debug)]
struct State {
    /// `None` never throttles.
    rates: Option<Rates>,
    levels: HashMap<(Service, String), Level>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Buckets {
    pub fn new(rates: Option<Rates>) -> Self {
        Self(Mutex::new(State { rates, levels: HashMap::new() }))
    }

    /// Refills at these rates from now on. A bucket that is too full for its new rate loses the excess.
    pub fn set_rates(&self, rates: Option<Rates>) {
        self.lock().rates = rates;
    }

    /// Takes one token for a call in an account. Returns false if the bucket is empty.
    pub fn take(&self, service: Service, operation: &str, account: &str) -> bool {
        self.take_at(service, operation, account, Instant::now())
    }

    fn take_at(&self, service: Service, operation: &str, account: &str, now: Instant) -> bool {
        let mut state = self.lock();
        let Some(rates) = state.rates else { return true };
        let (rate, name) = match service {
            Service::SsoAdmin => (rates.sso_admin, ""),
            Service::IdentityStore => (rates.identity_store, ""),
            Service::Organizations => (rates.organizations_operation, operation),
            Service::Iam => (rates.iam, account),
            Service::Sts => return true,
        };
        let size = (rate * rates.burst).max(1.0);
        let level = state.levels.entry((service, name.to_owned())).or_insert(Level { tokens: size, at: now });
        let refilled = now.saturating_duration_since(level.at).as_secs_f64() * rate;
        level.tokens = (level.tokens + refilled).min(size);
        level.at = now;
        let granted = level.tokens >= 1.0;
        if granted {
            level.tokens -= 1.0;
        }
        granted
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("no thread panics while it holds the buckets")
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sso_admin_shares_one_bucket_and_organizations_operations_do_not() {
        let (buckets, now) = (Buckets::new(Some(Rates::default())), Instant::now());
        let granted = |service, operations: [&str; 2], at| {
            (0..60).filter(|n| buckets.take_at(service, operations[n % 2], "", at)).count()
        };
        assert_eq!(granted(Service::SsoAdmin, ["ListPermissionSets", "DescribePermissionSet"], now), 20);
        assert_eq!(granted(Service::Organizations, ["ListAccounts", "ListParents"], now), 16);
        let later = now + Duration::from_millis(500);
        assert_eq!(granted(Service::SsoAdmin, ["ListPermissionSets", "DescribePermissionSet"], later), 10);
    }

    #[test]
    fn another_client_can_take_half_of_a_bucket_and_give_it_back() {
        let (buckets, begun) = (Buckets::new(Some(Rates::default())), Instant::now());
        let granted = |second| {
            let at = begun + Duration::from_secs(second);
            (0..60).filter(|_| buckets.take_at(Service::SsoAdmin, "ListPermissionSets", "", at)).count()
        };
        assert_eq!(granted(0), 20);
        buckets.set_rates(Some(Rates { sso_admin: 10.0, ..Rates::default() }));
        assert_eq!(granted(5), 10);
        buckets.set_rates(Some(Rates::default()));
        assert_eq!(granted(10), 20);
        buckets.set_rates(None);
        assert_eq!(granted(10), 60);
    }
}
