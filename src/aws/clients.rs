//! The clients of one collection: the SDK's own configuration, without the SDK's retries.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use aws_config::imds::region::ImdsRegionProvider;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::provider_config::ProviderConfig;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_http_client::tls::TrustStore;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_types::sdk_config::SharedTimeSource;
use tokio::sync::watch;

use super::credentials::{Checked, RoleInAccounts, assuming};
use super::http;
use super::operation::{Operation, Service};
use super::pacer::Pacer;
use super::quota::PaceOptions;
use super::response_check::{WholeJson, WholeXml};
use super::retry_policy::RetryPolicy;
use super::secrets::{Secret, Secrets};
use super::settings::{Origin, Settings, check_region};
use super::trust;
use crate::error::{Error, Result};

/// The Region in which instances of all Regions are requested if no Region is set.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The user's choices for the connection: `--profile`, `--region`, `--assume-role`, `--external-id`, `--rate`,
/// `--share`.
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// `--profile`: a profile of the shared AWS config. It takes precedence over the keys of the environment.
    pub profile: Option<String>,
    /// `--region`; the default is the Region of the settings, then that of the EC2 instance, then `us-east-1`.
    pub region: Option<String>,
    /// `--assume-role`: the ARN of a role to assume with the found credentials.
    pub assume_role: Option<String>,
    /// `--external-id`, sent with `assume_role`; never printed.
    pub external_id: Option<Secret>,
    /// The role to assume in each account; `None` if no account but the caller's is read itself.
    pub account_role: Option<RoleInAccounts>,
    /// `--rate` and `--share`: the usable part of AWS's request quotas.
    pub pace: PaceOptions,
    /// The limits of each attempt and of the repeats of a call.
    pub retry_policy: RetryPolicy,
    /// An endpoint that replaces the SDK's own chain of credentials, Regions and endpoints.
    pub endpoint: Option<FixedEndpoint>,
}

/// One endpoint for all services, with made-up keys: an organization on loopback.
#[derive(Debug, Clone)]
pub struct FixedEndpoint {
    /// `http://127.0.0.1:…`, the base of every request.
    pub url: String,
    /// The caller's name for the simulator. The secret beside it is a constant.
    pub access_key_id: String,
}

/// The clients, pacers and counts of one collection. Cheap to clone: clones share everything.
#[derive(Debug, Clone)]
pub struct Aws {
    pub(crate) sso_admin: aws_sdk_ssoadmin::Client,
    pub(crate) identity_store: aws_sdk_identitystore::Client,
    pub(crate) organizations: aws_sdk_organizations::Client,
    pub(crate) iam: aws_sdk_iam::Client,
    pub(super) sts: aws_sdk_sts::Client,
    config: SdkConfig,
    region_is_set: bool,
    is_ahead: bool,
    pacers: Arc<Pacers>,
    shared: Arc<Shared>,
}

/// The pacers, one for each quota.
type Pacers = HashMap<(Service, Option<Operation>), Pacer>;

fn pacers(pace: &PaceOptions) -> Arc<Pacers> {
    let pacer =
        |operation: &Operation| (PaceOptions::pacer_key(*operation), Pacer::new(operation.service(), pace));
    Arc::new(Operation::ALL.iter().map(pacer).collect())
}

/// The state that a collection's connections to several Regions and accounts share.
#[derive(Debug)]
struct Shared {
    retry_policy: RetryPolicy,
    pace: PaceOptions,
    account_role: Option<RoleInAccounts>,
    calls: HashMap<Operation, AtomicU64>,
    throttled: AtomicU64,
    ended: watch::Sender<bool>,
    secrets: Arc<Secrets>,
}

impl Aws {
    /// Connects with the SDK's own chain of credentials, Regions and endpoints. Sends nothing yet, except for one call
    /// by a credential provider if a role is to be assumed. Fails if a setting cannot be used: a malformed Region,
    /// endpoint or key, or a file without a certificate authority.
    pub async fn connect(options: &ConnectionOptions) -> Result<Self> {
        let secrets = Arc::new(Secrets::default());
        options.external_id.iter().for_each(|id| secrets.add(id.text()));
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(options.retry_policy.attempt_timeout)
            .build();
        if let Some(endpoint) = &options.endpoint {
            let keys = Credentials::new(&endpoint.access_key_id, "made-up", None, None, "orgcensus");
            let config = SdkConfig::builder()
                .behavior_version(BehaviorVersion::latest())
                .http_client(client(TrustStore::default())?)
                .endpoint_url(&endpoint.url)
                .credentials_provider(SharedCredentialsProvider::new(keys))
                .region(Region::from_static(DEFAULT_REGION))
                .time_source(SharedTimeSource::default())
                .retry_config(RetryConfig::disabled())
                .timeout_config(timeouts)
                .build();
            return Ok(Self::new(config, false, options, secrets));
        }
        let settings = Settings::load(options.profile.as_deref()).await;
        settings.check_profile(options.profile.as_deref())?;
        let region = settings.region(options.region.as_deref())?;
        settings.check_keys(options.profile.is_some())?;
        let http_client = match settings.ca_bundle()? {
            Some((origin, file)) => client(trust::read(&origin, &file)?)?,
            None => client(TrustStore::default())?,
        };
        let region = match region {
            Some(region) => Some(region),
            None => region_of_instance().await?,
        };
        let region_is_set = region.is_some();
        // A Region is always set, because a profile's role is assumed in it.
        let mut loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(region.unwrap_or_else(|| DEFAULT_REGION.to_owned())))
            .http_client(http_client.clone())
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts);
        if let Some(profile) = &options.profile {
            loader = loader.profile_name(profile);
        }
        let mut config = loader.load().await;
        settings.check_endpoints(&config)?;
        if let Some(profile) = &options.profile {
            // As in the AWS CLI, an explicit profile takes precedence over the environment's keys.
            let credentials = ProfileFileCredentialsProvider::builder()
                .configure(
                    &ProviderConfig::without_region()
                        .with_region(config.region().cloned())
                        .with_http_client(http_client),
                )
                .profile_name(profile)
                .build();
            config = config
                .into_builder()
                .credentials_provider(SharedCredentialsProvider::new(credentials))
                .build();
        }
        config = checked(config, &secrets);
        if let Some(role) = &options.assume_role {
            config = assuming(&config, role, options.external_id.as_ref(), None).await;
            config = checked(config, &secrets);
        }
        Ok(Self::new(config, region_is_set, options, secrets))
    }

    fn new(
        config: SdkConfig,
        region_is_set: bool,
        options: &ConnectionOptions,
        secrets: Arc<Secrets>,
    ) -> Self {
        let calls = Operation::ALL.iter().map(|operation| (*operation, AtomicU64::new(0))).collect();
        let retry_policy = options.retry_policy;
        let (ended, _) = watch::channel(false);
        let throttled = AtomicU64::new(0);
        let (pace, account_role) = (options.pace.clone(), options.account_role.clone());
        let shared = Arc::new(Shared { retry_policy, pace, account_role, calls, throttled, ended, secrets });
        Self::with_config(config, region_is_set, pacers(&options.pace), shared)
    }

    fn with_config(config: SdkConfig, region_is_set: bool, pacers: Arc<Pacers>, shared: Arc<Shared>) -> Self {
        Self {
            sso_admin: aws_sdk_ssoadmin::Client::from_conf(
                aws_sdk_ssoadmin::config::Builder::from(&config)
                    .interceptor(WholeJson::of(Service::SsoAdmin))
                    .build(),
            ),
            identity_store: aws_sdk_identitystore::Client::from_conf(
                aws_sdk_identitystore::config::Builder::from(&config)
                    .interceptor(WholeJson::of(Service::IdentityStore))
                    .build(),
            ),
            organizations: aws_sdk_organizations::Client::from_conf(
                aws_sdk_organizations::config::Builder::from(&config)
                    .interceptor(WholeJson::of(Service::Organizations))
                    .build(),
            ),
            iam: aws_sdk_iam::Client::from_conf(
                aws_sdk_iam::config::Builder::from(&config).interceptor(WholeXml).build(),
            ),
            sts: aws_sdk_sts::Client::from_conf(
                aws_sdk_sts::config::Builder::from(&config).interceptor(WholeXml).build(),
            ),
            config,
            region_is_set,
            is_ahead: false,
            pacers,
            shared,
        }
    }

    /// Returns the same connection in another Region. An instance's permission sets and assignments can be read only in
    /// its primary Region. The pacers and counts stay shared.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        if self.region() == region {
            return self.clone();
        }
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::with_config(config, true, self.pacers.clone(), self.shared.clone())
    }

    /// Returns the same connection with other credentials, to which other quotas apply.
    pub(super) fn with_pacers_of_its_own(&self, config: SdkConfig) -> Self {
        let config = checked(config, &self.shared.secrets);
        Self::with_config(config, self.region_is_set, pacers(&self.shared.pace), self.shared.clone())
    }

    /// Returns the role to assume in accounts, if there is one.
    pub fn account_role(&self) -> Option<&RoleInAccounts> {
        self.shared.account_role.as_ref()
    }

    /// Returns the same connection, whose calls go ahead of others that wait for the same pacer.
    #[must_use]
    pub fn ahead(&self) -> Self {
        Self { is_ahead: true, ..self.clone() }
    }

    /// Returns true if its calls go ahead of others.
    pub(super) fn is_ahead(&self) -> bool {
        self.is_ahead
    }

    /// Returns the SDK's configuration.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// Returns the Region that is called.
    pub fn region(&self) -> &str {
        self.config.region().map_or(DEFAULT_REGION, AsRef::as_ref)
    }

    /// Returns true if a Region was set, and false if the default was taken.
    pub fn region_is_set(&self) -> bool {
        self.region_is_set
    }

    /// Returns the pacer that calls of this operation wait for.
    pub fn pacer(&self, operation: Operation) -> &Pacer {
        let key = PaceOptions::pacer_key(operation);
        self.pacers.get(&key).expect("there is a pacer for every operation")
    }

    /// Returns the limits of each attempt and of the repeats of a call.
    pub fn retry_policy(&self) -> RetryPolicy {
        self.shared.retry_policy
    }

    /// Returns the text without the secrets that the connection has seen.
    pub(super) fn without_secrets(&self, text: String) -> String {
        self.shared.secrets.hidden_in(text)
    }

    pub(super) fn count(&self, operation: Operation) {
        let calls = self.shared.calls.get(&operation).expect("every operation has a counter");
        calls.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_throttle(&self) {
        self.shared.throttled.fetch_add(1, Ordering::Relaxed);
    }

    /// Stops all further calls, over this connection and any that shares its state. Calls in flight are still answered.
    /// A call that waits for its turn, or for another attempt, fails at once.
    pub fn end_calls(&self) {
        self.shared.ended.send_replace(true);
    }

    /// Waits for a future, but not beyond the end of all calls.
    pub(super) async fn unless_ended<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let mut ended = self.shared.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => None,
            value = wait => Some(value),
        }
    }

    /// Returns the calls sent since the last such request, by operation, and the number of throttled calls. Resets
    /// both.
    pub fn take_calls(&self) -> (BTreeMap<String, u64>, u64) {
        let calls = self
            .shared
            .calls
            .iter()
            .map(|(operation, count)| (operation.to_string(), count.swap(0, Ordering::Relaxed)))
            .filter(|(_, count)| *count > 0)
            .collect();
        (calls, self.shared.throttled.swap(0, Ordering::Relaxed))
    }
}

/// Returns the Region of the EC2 instance on which the program runs, if any.
async fn region_of_instance() -> Result<Option<String>> {
    let found = ImdsRegionProvider::builder().build().region().await;
    let Some(region) = found.filter(|region| !region.as_ref().is_empty()) else { return Ok(None) };
    check_region(&Origin::Metadata, region.as_ref())?;
    Ok(Some(region.as_ref().to_owned()))
}

fn client(trusted: TrustStore) -> Result<SharedHttpClient> {
    http::client(trusted).map_err(|error| Error::failed("cannot connect").caused_by(error))
}

/// Returns the configuration with its credentials checked before each use.
fn checked(config: SdkConfig, secrets: &Arc<Secrets>) -> SdkConfig {
    match config.credentials_provider() {
        Some(provider) => config.to_builder().credentials_provider(Checked::wrap(provider, secrets)).build(),
        None => config,
    }
}
