//! Refuses a JSON answer that lacks the requested member, or that has a key twice in one object. (A truncated JSON text
//! does not parse.)
//!
//! If the API's model requires the member, or the resource always exists, every answer has it ([`Sent::is_always`]).
//! Some of the other operations are known to omit an empty list ([`Sent::LeftOutWhenEmpty`]). Their answers are trusted
//! until one sends an empty list.
//!
//! For the remaining operations the habit is learned from the answers. An empty list that was sent shows that the
//! operation sends them, and an answer without a list is refused from then on. Until then, an answer without a list is
//! trusted when the same request is answered like this twice, which shows that the operation omits empty lists.
//! (`collect::run` still doubts it if every answer of a collection does so.) A further page of a listing teaches
//! nothing: an earlier page had rows, so a lost list would close known rows.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::fmt::{self, Formatter};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Mutex, PoisonError};

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::{
    AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::aws::operation::{Asked, Operation, Sent, Service};
use crate::excerpt::{self, excerpt};
use crate::json_keys::{self, Fault};

/// Fails an answer of a service that speaks JSON unless it holds the requested member.
#[derive(Debug)]
pub struct WholeJson {
    service: Service,
    habits: Mutex<HashMap<Operation, Habit>>,
}

/// The way in which an operation says "none", as far as its answers have shown.
#[derive(Debug)]
enum Habit {
    /// Not known yet. Holds the requests that were answered without a list.
    Unknown(HashSet<u64>),
    SendsEmpty,
    LeavesEmptyOut,
}

/// The request, which is the same in every attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct SentRequest {
    /// A hash of the request.
    hash: u64,
    /// True if it asks for a further page of a listing.
    goes_on: bool,
}

impl SentRequest {
    fn of(request: &[u8]) -> Self {
        let mut hasher = DefaultHasher::new();
        request.hash(&mut hasher);
        Self { hash: hasher.finish(), goes_on: Held::of(request, "NextToken") == Held::Something }
    }
}

impl Storable for SentRequest {
    type Storer = StoreReplace<Self>;
}

impl WholeJson {
    pub fn of(service: Service) -> Self {
        Self { service, habits: Mutex::default() }
    }

    fn operation(&self, config: &ConfigBag) -> Option<Operation> {
        let name = config.load::<Metadata>()?.name();
        Operation::ALL
            .iter()
            .copied()
            .find(|operation| operation.service() == self.service && operation.name() == name)
    }

    /// Returns true if an answer with this body can be trusted.
    fn is_whole(&self, operation: Operation, asked: Asked, question: SentRequest, body: &[u8]) -> bool {
        let held = Held::of(body, asked.member);
        if held == Held::NoAnswer {
            return false;
        }
        if asked.sent.is_always() || held == Held::Something {
            return held != Held::Nothing;
        }
        // The map is consistent between any two statements.
        let mut habits = self.habits.lock().unwrap_or_else(PoisonError::into_inner);
        let habit = habits.entry(operation).or_insert_with(|| match asked.sent {
            Sent::LeftOutWhenEmpty => Habit::LeavesEmptyOut,
            Sent::Always | Sent::NeverEmpty(_) | Sent::UnlessEmpty => Habit::Unknown(HashSet::new()),
        });
        match (held, &mut *habit) {
            (Held::Empty, _) => *habit = Habit::SendsEmpty,
            (_, Habit::SendsEmpty) => return false,
            (_, Habit::LeavesEmptyOut) => {}
            (_, Habit::Unknown(answered)) => {
                let is_no_proof = question.goes_on || answered.insert(question.hash);
                if is_no_proof {
                    return false;
                }
                *habit = Habit::LeavesEmptyOut;
            }
        }
        true
    }
}

/// The content of an answer's member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Held {
    Something,
    Empty,
    /// The member is missing.
    Nothing,
    /// The body is no object. An empty body is none either, although the SDK reads it as `{}`.
    NoAnswer,
}

impl Held {
    fn of(body: &[u8], member: &str) -> Self {
        let mut answer = serde_json::Deserializer::from_slice(body);
        answer.deserialize_map(MemberOf(member)).unwrap_or(Self::NoAnswer)
    }
}

/// Looks for a member without storing the answer, which the SDK has already read.
struct MemberOf<'a>(&'a str);

impl<'de> Visitor<'de> for MemberOf<'_> {
    type Value = Held;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Held, A::Error> {
        let mut held = Held::Nothing;
        while let Some(name) = members.next_key::<Cow<'de, str>>()? {
            if name == self.0 {
                held = members.next_value()?;
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(held)
    }
}

impl<'de> Deserialize<'de> for Held {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Member)
    }
}

/// Detects whether a member is empty.
struct Member;

impl<'de> Visitor<'de> for Member {
    type Value = Held;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("a list, a text or an object")
    }

    fn visit_unit<E>(self) -> Result<Held, E> {
        Ok(Held::Nothing)
    }

    fn visit_str<E>(self, text: &str) -> Result<Held, E> {
        Ok(if text.is_empty() { Held::Empty } else { Held::Something })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Held, A::Error> {
        let mut held = Held::Empty;
        while items.next_element::<IgnoredAny>()?.is_some() {
            held = Held::Something;
        }
        Ok(held)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Held, A::Error> {
        while members.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Held::Something)
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Held, E> {
        Ok(Held::Something)
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Held, E> {
        Ok(Held::Something)
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Held, E> {
        Ok(Held::Something)
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Held, E> {
        Ok(Held::Something)
    }
}

impl Intercept for WholeJson {
    fn name(&self) -> &'static str {
        "WholeJson"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request().body().bytes().unwrap_or_default();
        config.interceptor_state().store_put(SentRequest::of(request));
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        // A body that could not be read to its end has already failed.
        let Some(body) = response.body().bytes() else { return Ok(()) };
        if let Err(Fault::KeyTwice(key)) = json_keys::check(body) {
            let key = excerpt(&key, excerpt::WORD);
            return Err(format!("one of its objects has the key \"{key}\" twice").into());
        }
        let Some(operation) = self.operation(config).filter(|_| response.status().is_success()) else {
            return Ok(());
        };
        let Some(asked) = operation.asked() else { return Ok(()) };
        let question = config.load::<SentRequest>().copied().unwrap_or(SentRequest::of(b""));
        if self.is_whole(operation, asked, question, body) {
            return Ok(());
        }
        Err(format!("it holds no {}", asked.member).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: &[u8] = b"{}";

    fn whole(answers: &WholeJson, operation: Operation, question: u64, body: &[u8]) -> bool {
        let question = SentRequest { hash: question, goes_on: false };
        answers.is_whole(operation, operation.asked().unwrap(), question, body)
    }

    #[test]
    fn a_further_page_teaches_nothing() {
        let answers = WholeJson::of(Service::SsoAdmin);
        let operation = Operation::ListAccountAssignments;
        let further = SentRequest::of(br#"{"AccountId": "1", "NextToken": "t"}"#);
        assert!(further.goes_on);
        for request in [&br#"{"AccountId": "NextToken"}"#[..], br#"{"NextToken": null}"#, b""] {
            assert!(!SentRequest::of(request).goes_on);
        }
        let is_whole = || answers.is_whole(operation, operation.asked().unwrap(), further, NOTHING);
        for _ in 0..3 {
            assert!(!is_whole());
        }
        assert!(!whole(&answers, operation, 1, NOTHING) && whole(&answers, operation, 1, NOTHING));
        assert!(is_whole(), "where empty lists are known to be left out, the last page may be one");
    }

    #[test]
    fn a_list_that_is_always_sent_is_never_missing() {
        let answers = WholeJson::of(Service::IdentityStore);
        for _ in 0..3 {
            assert!(!whole(&answers, Operation::ListUsers, 1, NOTHING));
        }
        assert!(!whole(&answers, Operation::ListUsers, 1, br#"{"Users": null}"#));
        assert!(!whole(&answers, Operation::ListUsers, 1, b""));
        assert!(whole(&answers, Operation::ListUsers, 1, br#"{"Users": []}"#));
        assert!(whole(&answers, Operation::ListUsers, 1, br#"{"Users": [{}]}"#));
    }

    #[test]
    fn where_empty_lists_may_be_left_out_the_same_answer_twice_is_believed() {
        let answers = WholeJson::of(Service::SsoAdmin);
        let operation = Operation::ListAccountAssignments;
        assert!(!whole(&answers, operation, 1, NOTHING));
        assert!(!whole(&answers, operation, 2, NOTHING), "another question, asked once");
        assert!(whole(&answers, operation, 1, NOTHING));
        assert!(whole(&answers, operation, 3, NOTHING), "the operation leaves empty lists out");
        assert!(!whole(&answers, Operation::ListPermissionSets, 1, NOTHING), "each has its own habit");
    }

    #[test]
    fn a_body_that_is_no_object_says_nothing_whatever_the_habit() {
        let answers = WholeJson::of(Service::SsoAdmin);
        let operation = Operation::GetPermissionsBoundaryForPermissionSet;
        assert!(!whole(&answers, operation, 1, NOTHING));
        assert!(whole(&answers, operation, 1, NOTHING), "it leaves out what is not there");
        for body in [&b""[..], b" ", b"null", b"[]"] {
            assert!(!whole(&answers, operation, 1, body) && !whole(&answers, operation, 1, body));
        }
    }

    #[test]
    fn who_sends_empty_lists_does_not_leave_them_out() {
        let answers = WholeJson::of(Service::SsoAdmin);
        let operation = Operation::ListAccountAssignments;
        assert!(whole(&answers, operation, 1, br#"{"AccountAssignments": []}"#));
        for _ in 0..3 {
            assert!(!whole(&answers, operation, 2, NOTHING));
        }
        let operation = Operation::GetInlinePolicyForPermissionSet;
        assert!(whole(&answers, operation, 1, br#"{"InlinePolicy": ""}"#));
        assert!(!whole(&answers, operation, 2, NOTHING));
    }
}
