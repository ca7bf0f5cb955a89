//! The identities of callers. Every access key is accepted, and signatures are not verified.
//!
//! Sessions of AssumeRole are remembered, and credentials can be declared expired during a run.

use std::collections::{HashMap, HashSet};
use std::sync::Mutex;

use super::config::{Caller, Config};
use super::organization::World;
use super::protocol::Signature;

/// The known sessions and the expired keys.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    sessions: Mutex<HashMap<String, String>>,
    expired: Mutex<HashSet<String>>,
}

impl Credentials {
    /// Creates a session with this ARN. Returns its access key id and its session token.
    pub fn assume(&self, arn: String) -> (String, String) {
        let mut sessions = self.sessions.lock().expect("no thread panics while it holds the sessions");
        let number = sessions.len() + 1;
        let access_key_id = format!("ASIASIMULATED{number:07}");
        sessions.insert(access_key_id.clone(), arn);
        (access_key_id, format!("simulated-session-{number}"))
    }

    pub fn set_expired(&self, access_key_id: &str, expired: bool) {
        let mut keys = self.expired.lock().expect("no thread panics while it holds the keys");
        if expired {
            keys.insert(access_key_id.to_owned());
        } else {
            keys.remove(access_key_id);
        }
    }

    pub fn is_expired(&self, access_key_id: &str) -> bool {
        self.expired.lock().expect("no thread panics while it holds the keys").contains(access_key_id)
    }

    /// Returns the ARN behind a signature.
    pub fn caller_arn(&self, world: &World, signature: Option<&Signature>) -> String {
        let sessions = self.sessions.lock().expect("no thread panics while it holds the sessions");
        if let Some(arn) = signature.and_then(|signature| sessions.get(&signature.access_key_id)) {
            return arn.clone();
        }
        let position = match world.config.caller {
            Caller::ManagementAccount => world.identity.management_account,
            Caller::DelegatedAdministrator => world.identity.delegated_account,
            Caller::MemberAccount => world.identity.member_account,
        };
        format!(
            "arn:{}:sts::{}:assumed-role/AWSReservedSSO_OrgCensusReader_0123456789abcdef/auditor@acme.example",
            world.partition(),
            world.accounts[position as usize].id
        )
    }

    /// Returns the kind of the caller: a session's account decides, or else the configuration.
    pub fn caller(&self, config: &Config, world: &World, signature: Option<&Signature>) -> Caller {
        let sessions = self.sessions.lock().expect("no thread panics while it holds the sessions");
        let Some(arn) = signature.and_then(|signature| sessions.get(&signature.access_key_id)) else {
            return config.caller;
        };
        let account = arn.split(':').nth(4).unwrap_or_default();
        if account == &*world.management_account().id {
            Caller::ManagementAccount
        } else if account == &*world.accounts[world.identity.delegated_account as usize].id {
            Caller::DelegatedAdministrator
        } else {
            Caller::MemberAccount
        }
    }
}
