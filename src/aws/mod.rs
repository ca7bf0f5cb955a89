//! All access to AWS: credentials and Regions, clients, quotas and pacers, the one retry policy and the one
//! classification of errors.
//!
//! The neighbours `collect` and `cli::doctor` decide *what* to call. This module decides *how*: every request goes
//! through [`Aws::call`], which waits for its pacer, counts, classifies and retries. The SDK's own retries are off,
//! because they would bypass the pacer. Nothing here knows a table or a row.

mod accounts;
mod call;
mod caught;
mod clients;
mod credentials;
mod discovery;
mod failure;
mod http;
mod operation;
mod pacer;
mod quota;
mod response_check;
mod retry_policy;
mod secrets;
mod settings;
mod trust;

pub use clients::{Aws, ConnectionOptions, FixedEndpoint};
pub use credentials::{CredentialLife, CredentialSource, RoleInAccounts};
pub use discovery::{
    Caller, Instance, OrganizationFacts, caller, choose_instance, instances, organization, probe,
};
pub use failure::{CallFailure, FailureClass};
pub use operation::{Operation, Service};
pub use pacer::Pacer;
pub use quota::{PaceOptions, Quota, Rate, ServiceRate, quota_of};
pub use retry_policy::RetryPolicy;
pub use secrets::Secret;
