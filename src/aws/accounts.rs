//! Connections into the accounts of the organization, with a role that has the same name in each account.

use aws_config::identity::IdentityCache;
use aws_config::timeout::TimeoutConfig;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::clients::Aws;
use super::credentials::{InAccount, assuming};

impl Aws {
    /// Returns the same connection with the role in an account; `None` if no role is named. Its clients share one
    /// session, which is created by the first call and renewed before it expires. Quotas belong to the account, and so
    /// do the pacers. Counts, and the end of all calls, stay shared.
    pub async fn in_account(&self, account_id: &str, partition: &str) -> Option<Self> {
        let role = self.account_role()?;
        let role_arn = format!("arn:{partition}:iam::{account_id}:role/{}", role.name);
        // An attempt to assume the role must end before the attempt at the call that needs it, or it is not counted.
        let attempt_timeout = self.retry_policy().attempt_timeout * 3 / 4;
        let timeouts = self.config().timeout_config().map(TimeoutConfig::to_builder).unwrap_or_default();
        let timeouts = timeouts.operation_attempt_timeout(attempt_timeout).build();
        let quicker = self.config().to_builder().timeout_config(timeouts).build();
        let assumed = assuming(&quicker, &role_arn, None, Some(&role.session_policy)).await;
        let (caller, role) = (self.config().credentials_provider()?, assumed.credentials_provider()?);
        let provider = SharedCredentialsProvider::new(InAccount::new(caller, role, self.retry_policy()));
        let config = self
            .config()
            .to_builder()
            .credentials_provider(provider)
            .identity_cache(IdentityCache::lazy().load_timeout(self.retry_policy().attempt_timeout).build())
            .build();
        Some(self.with_pacers_of_its_own(config))
    }
}
