//! Simulates an AWS organization on loopback, over the real protocols, for the demo, the tests and the benchmarks.
//!
//! [`Simulator::start`] generates an organization from a [`Config`] and serves IAM Identity Center, its identity store,
//! Organizations, the IAM access report and STS, as documented, quirks included. It can move through days of realistic
//! changes, throttle, and fail by script. It knows the truth: the rows of a complete collection ([`Simulator::truth`]),
//! the changes ([`Simulator::net_changes`]), every access ([`Simulator::access`]) and the smallest number of calls
//! ([`Simulator::sso_admin_calls`]).
//!
//! Code map: `config` describes the organization · `seed`, `days`, `activity` generate the world · `organization` has
//! its types and finds by id · `history` keeps its days · `ops` answers the operations · `protocol`, `http`, `server`
//! handle a call · `paging`, `throttle`, `credentials`, `access_report` keep AWS's state between calls · `faults`,
//! `damage` fail calls · `truth` states rows, differences and costs · `calls` is the log.
//!
//! The truth is read from the generated world, never from an answer, and nothing here knows the collector. Only
//! `cli::demo`, tests and benches may use this module.

mod access_report;
mod activity;
mod calls;
mod config;
mod credential_reports;
mod credentials;
mod damage;
mod days;
mod dice;
mod faults;
mod history;
mod http;
mod ops;
mod organization;
mod paging;
mod protocol;
mod seed;
mod server;
mod throttle;
mod truth;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use tokio::task::JoinHandle;

pub use calls::{Call, Calls};
pub use config::{Caller, Config, Instances, Partition, Rates, Size};
pub use faults::{Action, Fault, Faults};
pub use protocol::Service;
pub use truth::{
    Access, Assignments, Changes, IamAccounts, ReportDepth, ReportedPolicies, Rows, SsoAdminCalls,
    TruthOptions,
};

/// A running simulator. It stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    address: SocketAddr,
    state: Arc<server::State>,
    server: JoinHandle<()>,
}

impl Simulator {
    /// Generates the organization and serves its day 0 on a free port of 127.0.0.1.
    ///
    /// Must be called within a tokio runtime, which then runs the server. Fails if the port cannot be opened.
    pub fn start(config: Config) -> io::Result<Self> {
        let socket = tokio::net::TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        // With the standard library's 128, a burst of connections would wait a second for a retry.
        let listener = socket.listen(4_096)?;
        let address = listener.local_addr()?;
        let state = Arc::new(server::State::new(config));
        let server = tokio::spawn(http::accept(listener, state.clone()));
        Ok(Self { address, state, server })
    }

    /// Returns the URL for every client, e.g. `http://127.0.0.1:40123`.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns the configuration with which it was started.
    pub fn config(&self) -> &Config {
        &self.state.config
    }

    /// Serves another day from now on, during a run too. The day may be an earlier one.
    pub fn set_day(&self, day: u32) {
        self.state.set_day(day);
    }

    /// Returns the served day.
    pub fn day(&self) -> u32 {
        self.state.world().day
    }

    /// Returns every received call.
    pub fn calls(&self) -> &Calls {
        &self.state.calls
    }

    /// Returns the script of faults.
    pub fn faults(&self) -> &Faults {
        &self.state.faults
    }

    /// Serves these inline policies, by the ARN of their permission sets, in place of the organization's own, unchanged
    /// and on every day. [`Self::truth`] does not include them.
    pub fn set_inline_policies(&self, policies: BTreeMap<String, String>) {
        *self.state.inline_policies.write().expect("no thread panics while it reads them") = policies;
    }

    /// Throttles at these rates from now on, during a run too, e.g. because another client uses a part of a bucket.
    /// `None` never throttles.
    pub fn set_throttling(&self, rates: Option<Rates>) {
        self.state.buckets.set_rates(rates);
    }

    /// Declares credentials expired: every later call with this access key id is refused.
    pub fn expire_credentials(&self, access_key_id: &str) {
        self.state.credentials.set_expired(access_key_id, true);
    }

    /// Makes expired credentials valid again.
    pub fn renew_credentials(&self, access_key_id: &str) {
        self.state.credentials.set_expired(access_key_id, false);
    }

    /// Returns the organization's id.
    pub fn organization_id(&self) -> String {
        self.state.world().identity.organization_id.clone()
    }

    /// Returns the management account's id.
    pub fn management_account_id(&self) -> String {
        self.state.world().management_account().id.to_string()
    }

    /// Returns the ARN of the organization's instance.
    pub fn instance_arn(&self) -> String {
        self.state.world().instance_arn()
    }

    /// Returns the id of the organization's identity store.
    pub fn identity_store_id(&self) -> String {
        self.state.world().store_id()
    }

    /// Returns every resource's rows on a day: all assignments, and the access reports of the root, the management
    /// account and the OUs.
    pub fn truth(&self, day: u32) -> BTreeMap<&'static str, Rows> {
        self.truth_with(day, TruthOptions::default())
    }

    /// Returns every resource's rows on a day, for a collection that saw less or more.
    pub fn truth_with(&self, day: u32, options: TruthOptions) -> BTreeMap<&'static str, Rows> {
        truth::all(&self.state.history.day(day), options)
    }

    /// Returns one resource's rows on a day; empty for an unknown resource.
    pub fn rows(&self, day: u32, resource: &str, options: TruthOptions) -> Rows {
        truth::rows(&self.state.history.day(day), resource, options)
    }

    /// Returns the differences between the rows of two days, without volatile columns.
    pub fn net_changes(&self, from: u32, to: u32) -> BTreeMap<&'static str, Changes> {
        self.net_changes_with(from, to, TruthOptions::default())
    }

    /// Returns the differences between the rows of two days, for a collection that saw less or more.
    pub fn net_changes_with(
        &self,
        from: u32,
        to: u32,
        options: TruthOptions,
    ) -> BTreeMap<&'static str, Changes> {
        truth::net_changes(&self.state.history.day(from), &self.state.history.day(to), options)
    }

    /// Returns the number of sso-admin calls of a complete collection on a day, by strategy for assignments.
    pub fn sso_admin_calls(&self, day: u32) -> SsoAdminCalls {
        truth::sso_admin_calls(&self.state.history.day(day))
    }

    /// Returns every path by which an existing user could reach a permission set in an account on a day.
    pub fn access(&self, day: u32) -> BTreeSet<Access> {
        truth::access(&self.state.history.day(day))
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[cfg(test)]
mod tests;
