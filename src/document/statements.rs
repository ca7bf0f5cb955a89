//! The statements of a policy, each element as it is written. They show what a policy says, while `policy` decides
//! whether two policies have the same meaning.

use serde_json::{Map, Value};

use super::strict;

/// A statement of a policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Statement {
    /// The Sid, if it has one.
    pub sid: Option<String>,
    /// The effect, Allow or Deny.
    pub effect: String,
    /// The patterns of Action; `None` if it has no Action.
    pub action: Option<Vec<String>>,
    /// The patterns of NotAction.
    pub not_action: Option<Vec<String>>,
    /// The patterns of Resource.
    pub resource: Option<Vec<String>>,
    /// The patterns of NotResource.
    pub not_resource: Option<Vec<String>>,
    /// The Principal, or the NotPrincipal as `{"NotPrincipal": …}`.
    pub principal: Option<Value>,
    /// The Condition, if it has one that is not empty.
    pub condition: Option<Value>,
}

/// Reads the statements of a policy. A document that is no policy, or has a statement that IAM would reject, is an
/// error in words.
pub fn statements(document: &str) -> Result<Vec<Statement>, &'static str> {
    let json = strict::parse(document).ok_or("it is not JSON, or has a key twice in one object")?;
    let Value::Object(mut members) = json else { return Err("it is not a JSON object") };
    let found = match members.remove("Statement").ok_or("it has no Statement: it is not an IAM policy")? {
        Value::Array(statements) => statements,
        one => vec![one],
    };
    found.into_iter().map(statement).collect()
}

fn statement(value: Value) -> Result<Statement, &'static str> {
    let Value::Object(mut members) = value else { return Err("a statement is not a JSON object") };
    let effect = match text(&mut members, "Effect")?.as_deref() {
        Some(effect @ ("Allow" | "Deny")) => effect.to_owned(),
        _ => return Err("the Effect of a statement is neither Allow nor Deny"),
    };
    let principal = match (members.remove("Principal"), members.remove("NotPrincipal")) {
        (None, Some(not_principal)) => {
            Some(Value::Object(Map::from_iter([("NotPrincipal".to_owned(), not_principal)])))
        }
        (principal, _) => principal,
    };
    let statement = Statement {
        sid: text(&mut members, "Sid")?.filter(|sid| !sid.is_empty()),
        effect,
        action: patterns(&mut members, "Action")?,
        not_action: patterns(&mut members, "NotAction")?,
        resource: patterns(&mut members, "Resource")?,
        not_resource: patterns(&mut members, "NotResource")?,
        principal,
        condition: members.remove("Condition").filter(|it| it.as_object().is_none_or(|it| !it.is_empty())),
    };
    match (&statement.action, &statement.not_action) {
        (None, None) => Err("a statement has neither Action nor NotAction"),
        _ => Ok(statement),
    }
}

fn text(members: &mut Map<String, Value>, name: &str) -> Result<Option<String>, &'static str> {
    match members.remove(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err("an element of a statement is not text"),
    }
}

/// Returns a list of texts, also for a single text in place of a list.
fn patterns(members: &mut Map<String, Value>, name: &str) -> Result<Option<Vec<String>>, &'static str> {
    let list = match members.remove(name) {
        None => return Ok(None),
        Some(Value::Array(list)) => list,
        Some(one) => vec![one],
    };
    let text = |value: Value| match value {
        Value::String(text) => Ok(text),
        _ => Err("an element of a statement is not text"),
    };
    list.into_iter().map(text).collect::<Result<_, _>>().map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_stands_for_a_list() {
        let found = statements(
            r#"{"Statement": {"Sid": "", "Effect": "Allow", "Action": "s3:*", "NotResource": ["a"], "Condition": {}}}"#,
        )
        .unwrap();
        let [one] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((one.sid.as_deref(), one.effect.as_str()), (None, "Allow"));
        assert_eq!(one.action.as_deref(), Some(&["s3:*".to_owned()][..]));
        assert_eq!((one.resource.as_ref(), one.not_resource.as_ref()), (None, Some(&vec!["a".to_owned()])));
        assert_eq!(one.condition, None);
    }

    #[test]
    fn what_is_no_policy_is_told() {
        for (text, why) in [
            ("", "not JSON"),
            ("%7B%7D", "not JSON"),
            ("[]", "not a JSON object"),
            (r#"{"tags": {}}"#, "no Statement"),
            (r#"{"Statement": [1]}"#, "a statement is not a JSON object"),
            (r#"{"Statement": [{"Effect": "Grant", "Action": "*"}]}"#, "neither Allow nor Deny"),
            (r#"{"Statement": [{"Effect": "Allow"}]}"#, "neither Action nor NotAction"),
            (r#"{"Statement": [{"Effect": "Allow", "Action": [1]}]}"#, "not text"),
            (r#"{"Statement": [], "Statement": []}"#, "twice"),
        ] {
            let told = statements(text).unwrap_err();
            assert!(told.contains(why), "{text}: {told}");
        }
        assert_eq!(statements(r#"{"Statement": []}"#), Ok(Vec::new()));
    }
}
