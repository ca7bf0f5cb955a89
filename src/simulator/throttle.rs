//! Token buckets, as the services keep them.
//!
//! One for all of sso-admin, one for the identity store, one for IAM, and one for each operation of
//! Organizations; STS is never throttled.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Instant;

use super::config::Rates;
use super::protocol::Service;

/// All buckets of the simulated account.
#[derive(Debug, Default)]
pub(super) struct Buckets {
    levels: Mutex<HashMap<(Service, String), Level>>,
}

#[derive(Debug)]
struct Level {
    tokens: f64,
    at: Instant,
}

impl Buckets {
    /// Takes one token; false when the bucket is empty.
    pub fn take(&self, rates: &Rates, service: Service, operation: &str) -> bool {
        self.take_at(rates, service, operation, Instant::now())
    }

    fn take_at(&self, rates: &Rates, service: Service, operation: &str, now: Instant) -> bool {
        let (rate, name) = match service {
            Service::SsoAdmin => (rates.sso_admin, ""),
            Service::IdentityStore => (rates.identity_store, ""),
            Service::Organizations => (rates.organizations_operation, operation),
            Service::Iam => (rates.iam, ""),
            Service::Sts => return true,
        };
        let size = (rate * rates.burst).max(1.0);
        let mut levels = self.levels.lock().expect("no thread panics while it holds the buckets");
        let level = levels.entry((service, name.to_owned())).or_insert(Level { tokens: size, at: now });
        let refilled = now.saturating_duration_since(level.at).as_secs_f64() * rate;
        level.tokens = (level.tokens + refilled).min(size);
        level.at = now;
        let granted = level.tokens >= 1.0;
        if granted {
            level.tokens -= 1.0;
        }
        granted
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn sso_admin_shares_one_bucket_and_organizations_operations_do_not() {
        let (buckets, rates, now) = (Buckets::default(), Rates::default(), Instant::now());
        let granted = |service, operations: [&str; 2], at| {
            (0..60).filter(|n| buckets.take_at(&rates, service, operations[n % 2], at)).count()
        };
        assert_eq!(granted(Service::SsoAdmin, ["ListPermissionSets", "DescribePermissionSet"], now), 20);
        assert_eq!(granted(Service::Organizations, ["ListAccounts", "ListParents"], now), 16);
        let later = now + Duration::from_millis(500);
        assert_eq!(granted(Service::SsoAdmin, ["ListPermissionSets", "DescribePermissionSet"], later), 10);
    }
}
