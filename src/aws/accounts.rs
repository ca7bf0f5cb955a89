//! Connections into the accounts of the organization, with a role that has the same name in each account.

use aws_config::identity::IdentityCache;
use aws_credential_types::provider::SharedCredentialsProvider;

use super::clients::Aws;
use super::credentials::{InAccount, assuming};

impl Aws {
    /// Returns the same connection with the role in an account; `None` if no role is named. Its clients share one
    /// session, which is created by the first call and renewed before it expires. Quotas belong to the account, and so
    /// do the pacers. Counts, and the end of all calls, stay shared.
    pub async fn in_account(&self, account_id: &str, partition: &str) -> Option<Self> {
        let role_arn = format!("arn:{partition}:iam::{account_id}:role/{}", self.account_role()?);
        let assumed = assuming(self.config(), &role_arn, None).await;
        let (caller, role) = (self.config().credentials_provider()?, assumed.credentials_provider()?);
        let provider = SharedCredentialsProvider::new(InAccount { caller, role });
        let config = assumed
            .into_builder()
            .credentials_provider(provider)
            .identity_cache(IdentityCache::lazy().build())
            .build();
        Some(self.with_pacers_of_its_own(config))
    }
}
