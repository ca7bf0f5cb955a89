//! The identities of callers. Every access key is accepted, and signatures are not verified.
//!
//! Sessions of AssumeRole are remembered, and credentials can be declared expired during a run.

use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, MutexGuard};

use super::config::{Caller, Config};
use super::organization::World;
use super::protocol::Signature;

/// The known sessions and the expired keys.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    sessions: Mutex<HashMap<String, Session>>,
    expired: Mutex<HashSet<String>>,
}

/// Returns the account in an ARN.
pub(super) fn account_of(arn: &str) -> &str {
    arn.split(':').nth(4).unwrap_or_default()
}

/// A session of AssumeRole.
#[derive(Debug)]
struct Session {
    arn: String,
    /// The actions of its session policy; `None` without one.
    allowed: Option<Vec<String>>,
}

impl Credentials {
    /// Creates a session with this ARN, which a session policy limits to these actions. Returns its access key id and its
    /// session token.
    pub fn assume(&self, arn: String, allowed: Option<Vec<String>>) -> (String, String) {
        let mut sessions = self.sessions();
        let number = sessions.len() + 1;
        let access_key_id = format!("ASIASIMULATED{number:07}");
        sessions.insert(access_key_id.clone(), Session { arn, allowed });
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
        let sessions = self.sessions();
        if let Some(session) = signature.and_then(|signature| sessions.get(&signature.access_key_id)) {
            return session.arn.clone();
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

    /// Returns true if no session policy withholds an action such as `iam:ListRoles`.
    pub fn allows(&self, signature: Option<&Signature>, action: &str) -> bool {
        let sessions = self.sessions();
        let session = signature.and_then(|signature| sessions.get(&signature.access_key_id));
        let allowed = session.and_then(|session| session.allowed.as_ref());
        allowed.is_none_or(|allowed| allowed.iter().any(|one| one == action))
    }

    fn sessions(&self) -> MutexGuard<'_, HashMap<String, Session>> {
        self.sessions.lock().expect("no thread panics while it holds the sessions")
    }

    /// Returns the kind of the caller: a session's account decides, or else the configuration.
    pub fn caller(&self, config: &Config, world: &World, signature: Option<&Signature>) -> Caller {
        let sessions = self.sessions();
        let Some(session) = signature.and_then(|signature| sessions.get(&signature.access_key_id)) else {
            return config.caller;
        };
        let account = account_of(&session.arn);
        if account == &*world.management_account().id {
            Caller::ManagementAccount
        } else if account == &*world.accounts[world.identity.delegated_account as usize].id {
            Caller::DelegatedAdministrator
        } else {
            Caller::MemberAccount
        }
    }
}
