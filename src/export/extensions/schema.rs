//! The rules of the solution's schemas (version 3.1.9). An error says which rule refuses the item.

use serde_json::{Map, Value, json};
use unicode_properties::{GeneralCategoryGroup, UnicodeGeneralCategory};

use super::Interface;
use crate::export::permission_sets::{Boundary, PermissionSetForm, PolicyReference};
use crate::scopes::Form;

/// The reason why an item cannot be written.
pub type Refused = String;

/// Returns the data of a permission set.
pub fn permission_set(set: &PermissionSetForm) -> Result<Value, Refused> {
    set_name(&set.name)?;
    let mut data = Map::new();
    data.insert("permissionSetName".to_owned(), set.name.clone().into());
    if let Some(description) = &set.description {
        within("its description", description, 700)?;
        data.insert("description".to_owned(), description.clone().into());
    }
    if let Some(duration) = &set.session_duration {
        let minutes = minutes(duration).filter(|minutes| (60..=720).contains(minutes));
        let minutes =
            minutes.ok_or_else(|| format!("its session lasts {duration}, and not 60 to 720 minutes"))?;
        data.insert("sessionDurationInMinutes".to_owned(), minutes.to_string().into());
    }
    if let Some(state) = &set.relay_state {
        within("its relay state", state, 240)?;
        let is_plain = |one: char| one.is_ascii_alphanumeric() || "_:/=+-@#".contains(one);
        if !state.contains(is_plain) {
            return Err("its relay state has no character that the solution takes".to_owned());
        }
        data.insert("relayState".to_owned(), state.clone().into());
    }
    if !set.tags.is_empty() {
        let tags = set.tags.iter().map(|(key, value)| tag(key, value)).collect::<Result<Vec<_>, _>>()?;
        data.insert("tags".to_owned(), tags.into());
    }
    set.aws_managed.iter().try_for_each(|arn| aws_managed(arn))?;
    data.insert("managedPoliciesArnList".to_owned(), set.aws_managed.clone().into());
    let inline = set.inline.as_deref().map(inline_policy).transpose()?;
    data.insert("inlinePolicyDocument".to_owned(), inline.unwrap_or_else(|| json!({})));
    let references = set.customer_managed.iter().map(reference).collect::<Result<Vec<_>, _>>()?;
    data.insert("customerManagedPoliciesList".to_owned(), references.into());
    match &set.boundary {
        None => {}
        Some(Boundary::Aws(arn)) => {
            aws_managed(arn)?;
            data.insert("permissionsBoundary".to_owned(), json!({"ManagedPolicyArn": arn}));
        }
        Some(Boundary::Customer(policy)) => {
            let policy = json!({"CustomerManagedPolicyReference": reference(policy)?});
            data.insert("permissionsBoundary".to_owned(), policy);
        }
    }
    Ok(data.into())
}

/// Returns a link: a principal's permission set in an account, or in the accounts of a scope.
pub fn link(
    interface: Interface,
    (form, scope): (Form, &str),
    set: &str,
    principal: &str,
    principal_type: &str,
) -> Result<String, Refused> {
    set_name(set)?;
    let most = if principal_type == "GROUP" { 1_024 } else { 128 };
    within("the principal's name", principal, most)?;
    if let Some(odd) = principal.chars().find(|one| !is_in_name(*one)) {
        return Err(format!("the principal's name has {odd:?}, which a link may not have"));
    }
    match form {
        Form::Root => {}
        Form::Ou => ou_id(scope)?,
        Form::Tag => tag_scope(scope)?,
        Form::Account if scope.len() == 12 && scope.bytes().all(|one| one.is_ascii_digit()) => {}
        Form::Account => return Err("the account's id is not of 12 digits".to_owned()),
    }
    if interface == Interface::Api && form == Form::Account && principal_type != "GROUP" {
        return Err(
            "the solution's API takes no link of a user in an account (its S3 interface does)".to_owned()
        );
    }
    let link = format!("{}%{scope}%{set}%{principal}%{principal_type}%ssofile", form.as_str());
    if interface == Interface::S3 && link.len() > 255 {
        return Err("the link is longer than the name of a file may be, 255 bytes".to_owned());
    }
    Ok(link)
}

fn set_name(name: &str) -> Result<(), Refused> {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "+=,.@-".contains(one);
    match name.chars().find(|one| !is_plain(*one)) {
        Some(odd) => Err(format!("the permission set's name has {odd:?}, which the solution refuses")),
        None => within("the permission set's name", name, 32),
    }
}

fn within(what: &str, text: &str, most: usize) -> Result<(), Refused> {
    match text.chars().count() {
        0 => Err(format!("{what} is empty")),
        length if length > most => Err(format!("{what} is longer than {most} characters")),
        _ => Ok(()),
    }
}

/// Decides whether a principal's name may contain the character: letters, marks, symbols, numbers and a few signs.
fn is_in_name(one: char) -> bool {
    let is_of_group = matches!(
        one.general_category_group(),
        GeneralCategoryGroup::Letter
            | GeneralCategoryGroup::Mark
            | GeneralCategoryGroup::Symbol
            | GeneralCategoryGroup::Number
    );
    is_of_group || "_-+@.".contains(one)
}

fn ou_id(id: &str) -> Result<(), Refused> {
    let part = |text: &str, length: usize| {
        text.len() == length && text.bytes().all(|one| one.is_ascii_lowercase() || one.is_ascii_digit())
    };
    let parts = id.strip_prefix("ou-").and_then(|rest| rest.split_once('-'));
    match parts {
        Some((root, own)) if part(root, 4) && part(own, 8) => Ok(()),
        _ => Err(format!("the OU's id {id} is not of the length that the solution takes, ou-xxxx-xxxxxxxx")),
    }
}

fn tag_scope(scope: &str) -> Result<(), Refused> {
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "_+=,.@-".contains(one);
    let part = |text: &str, most: usize| (1..=most).contains(&text.len()) && text.chars().all(is_plain);
    match scope.split_once('^') {
        Some((key, value)) if part(key, 128) && part(value, 256) => Ok(()),
        _ => Err(format!("the tag {scope} has characters that a link may not have, or no value")),
    }
}

fn tag(key: &str, value: &str) -> Result<Value, Refused> {
    within("the key of a tag", key, 128)?;
    let is_plain = |one: char| one.is_ascii_alphanumeric() || "_:/=+-@".contains(one);
    if let Some(odd) = key.chars().find(|one| !is_plain(*one)) {
        return Err(format!("the key of its tag {key:?} has {odd:?}, which the solution refuses"));
    }
    let is_in_value = |one: char| {
        let is_of_group = matches!(
            one.general_category_group(),
            GeneralCategoryGroup::Letter | GeneralCategoryGroup::Separator | GeneralCategoryGroup::Number
        );
        is_of_group || "_.:/=+-@".contains(one)
    };
    if value.chars().count() > 256 || !value.chars().all(is_in_value) {
        return Err(format!("the value of its tag {key:?} has characters that the solution refuses"));
    }
    Ok(json!({"Key": key, "Value": value}))
}

fn aws_managed(arn: &str) -> Result<(), Refused> {
    let name = arn.split_once("arn:aws:iam::aws:policy/").map(|(_, name)| name);
    match name.and_then(|name| name.chars().next()) {
        Some(first) if first.is_ascii_alphabetic() => Ok(()),
        _ => Err(format!("the solution refuses the ARN of its policy {arn}")),
    }
}

fn reference(policy: &PolicyReference) -> Result<Value, Refused> {
    let PolicyReference { name, path } = policy;
    within("the name of a policy", name, 128)?;
    let is_plain = |one: char| one.is_ascii_alphanumeric() || ".,+@=_-".contains(one);
    let is_path = path == "/"
        || path
            .strip_prefix('/')
            .and_then(|rest| rest.strip_suffix('/'))
            .is_some_and(|inner| inner.split('/').all(|part| !part.is_empty() && part.chars().all(is_plain)));
    if !is_path || path.len() > 512 {
        return Err(format!("the solution refuses the path {path} of its policy {name}"));
    }
    Ok(json!({"Name": name, "Path": path}))
}

/// Returns the inline policy. Where IAM accepts one value or a list, the solution accepts only a list, so a list is
/// written.
fn inline_policy(document: &str) -> Result<Value, Refused> {
    let refused = |what: &str| Err(format!("the solution refuses its inline policy: {what}"));
    let Ok(Value::Object(mut policy)) = serde_json::from_str::<Value>(document) else {
        return refused("it is not a JSON object");
    };
    if let Some(key) = policy.keys().find(|key| !["Version", "Statement"].contains(&key.as_str())) {
        return refused(&format!("it has {key:?}"));
    }
    if policy.get("Version").is_some_and(|version| version != "2012-10-17" && version != "2008-10-17") {
        return refused("its version is not one of IAM's");
    }
    let statements = match policy.remove("Statement") {
        None => return Ok(policy.into()),
        Some(Value::Array(statements)) => statements,
        Some(one) => vec![one],
    };
    let statements = statements.into_iter().map(statement).collect::<Result<Vec<_>, _>>();
    match statements {
        Ok(statements) => policy.insert("Statement".to_owned(), statements.into()),
        Err(what) => return refused(&what),
    };
    Ok(policy.into())
}

fn statement(statement: Value) -> Result<Value, String> {
    let Value::Object(mut statement) = statement else {
        return Err("a statement is not an object".to_owned());
    };
    if let Some(Value::String(_)) = statement.get("NotAction") {
        let one = statement["NotAction"].take();
        statement["NotAction"] = vec![one].into();
    }
    for (key, value) in &statement {
        let is_text = |value: &Value| value.is_string();
        let is_list = |value: &Value| value.as_array().is_some_and(|all| all.iter().all(is_text));
        let is_right = match key.as_str() {
            "Effect" => value == "Allow" || value == "Deny",
            "Sid" => is_text(value),
            "Action" | "Resource" | "NotResource" => is_text(value) || is_list(value),
            "NotAction" => is_list(value),
            "Condition" | "Principal" | "NotPrincipal" => value.is_object(),
            _ => return Err(format!("a statement has {key:?}")),
        };
        if !is_right {
            return Err(format!("the {key} of a statement is not of the kind that it takes"));
        }
    }
    if !statement.contains_key("Effect") {
        return Err("a statement has no Effect".to_owned());
    }
    Ok(statement.into())
}

/// Converts a duration of hours, minutes and seconds to whole minutes; `None` for any other duration.
fn minutes(duration: &str) -> Option<u64> {
    let mut rest = duration.strip_prefix("PT")?;
    let mut seconds = 0_u64;
    for (unit, worth) in [('H', 3_600), ('M', 60), ('S', 1)] {
        if let Some((number, after)) = rest.split_once(unit) {
            seconds = seconds.checked_add(number.parse::<u64>().ok()?.checked_mul(worth)?)?;
            rest = after;
        }
    }
    (rest.is_empty() && duration.len() > 2 && seconds.is_multiple_of(60)).then_some(seconds / 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(change: impl FnOnce(&mut PermissionSetForm)) -> PermissionSetForm {
        let mut set = PermissionSetForm {
            arn: "arn:aws:sso:::permissionSet/ssoins-1/ps-1".to_owned(),
            name: "ReadOnly".to_owned(),
            session_duration: Some("PT8H".to_owned()),
            ..PermissionSetForm::default()
        };
        change(&mut set);
        set
    }

    fn is_taken(change: impl FnOnce(&mut PermissionSetForm)) -> bool {
        permission_set(&set(change)).is_ok()
    }

    #[test]
    fn a_set_has_exactly_what_the_solution_knows() {
        let whole = set(|set| {
            set.description = Some("Looks".to_owned());
            set.relay_state = Some("https://console.aws.amazon.com/".to_owned());
            set.tags = vec![("team".to_owned(), String::new())];
            set.aws_managed = vec!["arn:aws:iam::aws:policy/job-function/ViewOnlyAccess".to_owned()];
            set.customer_managed =
                vec![PolicyReference { name: "own".to_owned(), path: "/team/".to_owned() }];
            set.inline =
                Some(r#"{"Statement":{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}}"#.to_owned());
            set.boundary =
                Some(Boundary::Customer(PolicyReference { name: "b".to_owned(), path: "/".to_owned() }));
        });
        assert_eq!(
            permission_set(&whole).unwrap(),
            json!({
                "permissionSetName": "ReadOnly",
                "description": "Looks",
                "sessionDurationInMinutes": "480",
                "relayState": "https://console.aws.amazon.com/",
                "tags": [{"Key": "team", "Value": ""}],
                "managedPoliciesArnList": ["arn:aws:iam::aws:policy/job-function/ViewOnlyAccess"],
                "inlinePolicyDocument": {"Statement": [{"Effect": "Deny", "NotAction": ["s3:*"], "Resource": "*"}]},
                "customerManagedPoliciesList": [{"Name": "own", "Path": "/team/"}],
                "permissionsBoundary": {"CustomerManagedPolicyReference": {"Name": "b", "Path": "/"}}
            })
        );
        let bare = permission_set(&set(|set| set.session_duration = None)).unwrap();
        let keys: Vec<&String> = bare.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "permissionSetName",
                "managedPoliciesArnList",
                "inlinePolicyDocument",
                "customerManagedPoliciesList"
            ]
        );
        assert_eq!(bare["inlinePolicyDocument"], json!({}));
    }

    #[test]
    fn what_the_schemas_refuse_of_a_set() {
        for (name, expected) in [
            ("Read+Only=,.@-9", true),
            ("Read_Only", false),
            ("Read Only", false),
            ("Lesen-ä", false),
            ("", false),
            ("x23456789012345678901234567890ab", true),
            ("x23456789012345678901234567890abc", false),
        ] {
            assert_eq!(is_taken(|set| set.name = name.to_owned()), expected, "{name}");
        }
        for (duration, expected) in [
            ("PT1H", true),
            ("PT12H", true),
            ("PT1H30M", true),
            ("PT3600S", true),
            ("PT59M", false),
            ("PT13H", false),
            ("PT1H1S", false),
            ("P1D", false),
            ("PT", false),
        ] {
            assert_eq!(
                is_taken(|set| set.session_duration = Some(duration.to_owned())),
                expected,
                "{duration}"
            );
        }
        for (policy, expected) in [
            (r#"{"Version":"2012-10-17","Statement":[]}"#, true),
            (r#"{"Version":"2012-10-17","Id":"x","Statement":[]}"#, false),
            (r#"{"Version":"2013-10-17","Statement":[]}"#, false),
            (r#"{"Statement":[{"Action":"*","Resource":"*"}]}"#, false),
            (r#"{"Statement":[{"Effect":"allow","Action":"*","Resource":"*"}]}"#, false),
            (r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}"#, false),
            (r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Note":"x"}]}"#, false),
            (r#"{"Statement":[{"Effect":"Allow","Action":["*"],"NotResource":"x","Condition":{}}]}"#, true),
            ("[]", false),
        ] {
            assert_eq!(is_taken(|set| set.inline = Some(policy.to_owned())), expected, "{policy}");
        }
        for (key, value, expected) in [
            ("cost:center/a=b+c-d@e_f", "a b.c:d/e=f+g-h@ä", true),
            ("with space", "x", false),
            ("with.dot", "x", false),
            ("key", "semi;colon", false),
            ("", "x", false),
        ] {
            let tags = vec![(key.to_owned(), value.to_owned())];
            assert_eq!(is_taken(|set| set.tags = tags), expected, "{key}={value}");
        }
        for (arn, expected) in [
            ("arn:aws:iam::aws:policy/ReadOnlyAccess", true),
            ("arn:aws-cn:iam::aws:policy/ReadOnlyAccess", false),
            ("arn:aws:iam::aws:policy/1st", false),
        ] {
            assert_eq!(is_taken(|set| set.aws_managed = vec![arn.to_owned()]), expected, "{arn}");
            assert_eq!(is_taken(|set| set.boundary = Some(Boundary::Aws(arn.to_owned()))), expected, "{arn}");
        }
        for (path, expected) in [("/", true), ("/a/b/", true), ("/a", false), ("//", false), ("/a b/", false)]
        {
            let policy = PolicyReference { name: "p".to_owned(), path: path.to_owned() };
            assert_eq!(is_taken(|set| set.customer_managed = vec![policy]), expected, "{path}");
        }
        assert!(is_taken(|set| set.description = Some("x".repeat(700))));
        assert!(!is_taken(|set| set.description = Some("x".repeat(701))));
        assert!(!is_taken(|set| set.relay_state = Some("x".repeat(241))));
        assert!(!is_taken(|set| set.relay_state = Some("  ".to_owned())));
    }

    #[test]
    fn what_the_schemas_refuse_of_a_link() {
        let taken = |interface, scope, principal: &str, kind: &str| {
            link(interface, scope, "ReadOnly", principal, kind).is_ok()
        };
        let account = (Form::Account, "012345678901");
        assert_eq!(
            link(Interface::S3, account, "ReadOnly", "ana@example.com", "USER").unwrap(),
            "account%012345678901%ReadOnly%ana@example.com%USER%ssofile"
        );
        for (principal, expected) in [
            ("team-Ä_1+x@y.z", true),
            ("a$b", true),
            ("a b", false),
            ("a/b", false),
            ("o'neil", false),
            ("a%b", false),
            ("a,b", false),
            ("", false),
        ] {
            assert_eq!(taken(Interface::S3, account, principal, "GROUP"), expected, "{principal}");
        }
        for (scope, expected) in [
            ((Form::Root, "all"), true),
            ((Form::Ou, "ou-ab12-cdef3456"), true),
            ((Form::Ou, "ou-ab12-cdef34567"), false),
            ((Form::Ou, "ou-abc123-cdef3456"), false),
            ((Form::Tag, "env^prod"), true),
            ((Form::Tag, "cost center^1"), false),
            ((Form::Tag, "env^"), false),
            ((Form::Account, "12345678901"), false),
        ] {
            assert_eq!(taken(Interface::Api, scope, "team", "GROUP"), expected, "{scope:?}");
        }
        assert!(taken(Interface::Api, (Form::Root, "all"), "ana", "USER"));
        assert!(
            !taken(Interface::Api, account, "ana", "USER") && taken(Interface::S3, account, "ana", "USER")
        );
        assert!(!taken(Interface::S3, account, &"x".repeat(129), "USER"));
        assert!(taken(Interface::Api, account, &"x".repeat(1_024), "GROUP"));
        assert!(!taken(Interface::S3, account, &"x".repeat(250), "GROUP"), "no file has such a name");
    }
}
