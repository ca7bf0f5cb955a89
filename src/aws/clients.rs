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

use super::credentials::{Checked, assuming};
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

/// Asked for instances in all Regions when no Region is set.
const DEFAULT_REGION: &str = "us-east-1";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How the user wants to connect: `--profile`, `--region`, `--assume-role`, `--external-id`, `--rate`, `--share`.
#[derive(Debug, Clone, Default)]
pub struct ConnectionOptions {
    /// `--profile`: a profile of the shared AWS config; goes before the keys of the environment.
    pub profile: Option<String>,
    /// `--region`; without it the Region of the settings, else of the EC2 instance, else `us-east-1`.
    pub region: Option<String>,
    /// `--assume-role`: ARN of a role to assume with the credentials that are found.
    pub assume_role: Option<String>,
    /// `--external-id`, sent with `assume_role`; never printed.
    pub external_id: Option<Secret>,
    /// Name of the role to assume in each account that is read itself; `None` where none is.
    pub account_role: Option<String>,
    /// `--rate` and `--share`: how much of AWS's request quotas may be used.
    pub pace: PaceOptions,
    /// Bounds each attempt and the repeats of a call.
    pub retry_policy: RetryPolicy,
    /// Instead of the SDK's own chain of credentials, Regions and endpoints.
    pub endpoint: Option<FixedEndpoint>,
}

/// One endpoint for all services, and keys made up for it: an organization on loopback.
#[derive(Debug, Clone)]
pub struct FixedEndpoint {
    /// `http://127.0.0.1:…`, the base of every request.
    pub url: String,
    /// Names the caller to the simulator; the secret beside it is a constant.
    pub access_key_id: String,
}

/// The clients, pacers and counts of one collection. Cheap to clone; clones share all of it.
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

/// One pacer for each quota.
type Pacers = HashMap<(Service, Option<Operation>), Pacer>;

fn pacers(pace: &PaceOptions) -> Arc<Pacers> {
    let pacer =
        |operation: &Operation| (PaceOptions::pacer_key(*operation), Pacer::new(operation.service(), pace));
    Arc::new(Operation::ALL.iter().map(pacer).collect())
}

/// What the connections of a collection to several Regions and accounts have in common.
#[derive(Debug)]
struct Shared {
    retry_policy: RetryPolicy,
    pace: PaceOptions,
    account_role: Option<String>,
    calls: HashMap<Operation, AtomicU64>,
    throttled: AtomicU64,
    ended: watch::Sender<bool>,
    secrets: Arc<Secrets>,
}

impl Aws {
    /// Connects with the SDK's own chain of credentials, Regions and endpoints. Nothing is sent yet, except
    /// by a credential provider, once, where a role is to be assumed. Fails where a setting cannot be used: a
    /// malformed Region, endpoint or key, or a file of certificate authorities without one.
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
        // A Region in any case: a profile's role is assumed in it.
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
            // As in the AWS CLI, a profile that is asked for goes before the environment's keys.
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
            config = assuming(&config, role, options.external_id.as_ref()).await;
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

    /// The same connection in another Region: an instance's permission sets and assignments can be read in
    /// its primary Region only. The pacers and counts stay shared.
    #[must_use]
    pub fn in_region(&self, region: &str) -> Self {
        if self.region() == region {
            return self.clone();
        }
        let config = self.config.to_builder().region(Region::new(region.to_owned())).build();
        Self::with_config(config, true, self.pacers.clone(), self.shared.clone())
    }

    /// The same connection with other credentials, to which other quotas apply.
    pub(super) fn with_pacers_of_its_own(&self, config: SdkConfig) -> Self {
        let config = checked(config, &self.shared.secrets);
        Self::with_config(config, self.region_is_set, pacers(&self.shared.pace), self.shared.clone())
    }

    /// The name of the role to assume in accounts, if there is one.
    pub fn account_role(&self) -> Option<&str> {
        self.shared.account_role.as_deref()
    }

    /// The same connection, whose calls go ahead of others that wait for the same pacer.
    #[must_use]
    pub fn ahead(&self) -> Self {
        Self { is_ahead: true, ..self.clone() }
    }

    /// Whether its calls go ahead of others.
    pub(super) fn is_ahead(&self) -> bool {
        self.is_ahead
    }

    /// The SDK's configuration.
    pub fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The Region that is called.
    pub fn region(&self) -> &str {
        self.config.region().map_or(DEFAULT_REGION, AsRef::as_ref)
    }

    /// Whether the user set a Region, or the default was taken.
    pub fn region_is_set(&self) -> bool {
        self.region_is_set
    }

    /// The pacer that calls of this operation wait for.
    pub fn pacer(&self, operation: Operation) -> &Pacer {
        let key = PaceOptions::pacer_key(operation);
        self.pacers.get(&key).expect("there is a pacer for every operation")
    }

    /// How long a call is waited for.
    pub fn retry_policy(&self) -> RetryPolicy {
        self.shared.retry_policy
    }

    /// The text without the secrets that the connection has seen.
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

    /// Sends no call any more, over this connection or any that shares its pacers. What was sent is still
    /// answered; what waits for its turn, or for another try, fails at once.
    pub fn end_calls(&self) {
        self.shared.ended.send_replace(true);
    }

    /// Waits for something, but not beyond the end of all calls.
    pub(super) async fn unless_ended<T>(&self, wait: impl Future<Output = T>) -> Option<T> {
        let mut ended = self.shared.ended.subscribe();
        tokio::select! {
            biased;
            _ = ended.wait_for(|ended| *ended) => None,
            value = wait => Some(value),
        }
    }

    /// Takes the calls sent since the last taking, by operation, and how many of them were throttled.
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

/// The Region of the instance that the program runs on, where it runs on one.
async fn region_of_instance() -> Result<Option<String>> {
    let found = ImdsRegionProvider::builder().build().region().await;
    let Some(region) = found.filter(|region| !region.as_ref().is_empty()) else { return Ok(None) };
    check_region(&Origin::Metadata, region.as_ref())?;
    Ok(Some(region.as_ref().to_owned()))
}

fn client(trusted: TrustStore) -> Result<SharedHttpClient> {
    http::client(trusted).map_err(|error| Error::failed("cannot make a connection").caused_by(error))
}

/// The configuration with its credentials checked before each use.
fn checked(config: SdkConfig, secrets: &Arc<Secrets>) -> SdkConfig {
    match config.credentials_provider() {
        Some(provider) => config.to_builder().credentials_provider(Checked::wrap(provider, secrets)).build(),
        None => config,
    }
}
