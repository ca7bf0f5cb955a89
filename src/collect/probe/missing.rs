//! The missing permission or setting that a refusal points to: an action, a key's permission, a Region, a setting.

use crate::aws::{CallFailure, FailureClass, Service};

/// Returns the permission or setting that this call needs to succeed.
pub(super) fn missing(failure: &CallFailure, region: &str) -> String {
    let service = match failure.operation.service() {
        // One endpoint for the whole partition.
        global @ (Service::Organizations | Service::Iam) => global.name().to_owned(),
        regional => format!("{} in {region}", regional.name()),
    };
    match failure.class {
        _ if failure.reason.as_deref().is_some_and(|reason| reason.starts_with("KMS_")) => {
            key_trouble(failure)
        }
        FailureClass::Denied if failure.role_not_assumed => {
            "a role there that trusts the caller, and sts:AssumeRole for the caller: iam-policy --iam-role prints both"
                .to_owned()
        }
        FailureClass::Denied => match failure.operation.action() {
            Some(action) => match policy_that_refuses(&failure.message) {
                Some(policy) => format!("allow {action}: {policy}"),
                None => format!("allow {action}"),
            },
            None => "no action: it needs no permission, so an endpoint's policy refuses it".to_owned(),
        },
        FailureClass::Expired => {
            format!("credentials that are valid for {service}; is the Region enabled for the account?")
        }
        FailureClass::ClockSkewed | FailureClass::Misconfigured => failure.remedy().unwrap_or_default(),
        FailureClass::Unreachable => {
            format!(
                "a connection to {service}: check the network, the proxy, VPC endpoints and AWS_ENDPOINT_URL"
            )
        }
        FailureClass::Throttled => {
            format!("calls left in the quota of {service}: others use it up; try again")
        }
        FailureClass::Transient => format!("a readable response from {service}: try again"),
        FailureClass::Answered => "no action: AWS refuses this call for another reason".to_owned(),
    }
}

/// Returns the missing permission if the instance's data is encrypted with a customer managed key that the caller
/// cannot use.
/// Source: the `Reason` members of both services' models (`KMS_AccessDeniedException`, `KMS_ACCESS_DENIED`, …).
fn key_trouble(failure: &CallFailure) -> String {
    let reason = failure.reason.as_deref().unwrap_or_default();
    let plain = reason.to_ascii_lowercase().replace('_', "");
    if plain.contains("accessdenied") {
        let service = failure.operation.service().action_prefix();
        format!(
            "allow kms:Decrypt on the instance's key, in the key's policy too (kms:ViaService {service}.*.amazonaws.com)"
        )
    } else if plain.contains("throttling") {
        "calls left in the quota of KMS for the instance's key; try again".to_owned()
    } else {
        format!("the instance's key, which cannot be used: {reason}")
    }
}

/// Returns the kind of policy that denies the call, if the message names it and it is not merely the caller's own
/// policy that lacks the action. Source: IAM User Guide, "Troubleshoot access denied error messages".
fn policy_that_refuses(message: &str) -> Option<String> {
    let until = |text: &str, end: &[char]| text.split(end).next().unwrap_or_default().trim().to_owned();
    if let Some((_, policy)) = message.split_once("with an explicit deny in ") {
        return Some(format!("an explicit deny in {} refuses it", until(policy, &[':', '.', ','])));
    }
    let (_, rest) = message.split_once("because no ")?;
    let (policy, _) = rest.split_once(" allows")?;
    (policy != "identity-based policy").then(|| format!("no {policy} allows it"))
}

/// Returns the reason why the organization, or the kind of instance or directory, does not support the call.
pub(super) fn why_unavailable(service: Service) -> &'static str {
    match service {
        Service::SsoAdmin => "an account instance has no permission sets",
        Service::IdentityStore => {
            "a directory of the legacy Active Directory sync cannot be listed; what assignments name is described"
        }
        Service::Organizations | Service::Sts => "the account is in no organization",
        Service::Iam => {
            "central root access is visible only to the management account or a delegated administrator of IAM, in an \
            organization with all features"
        }
    }
}

/// Returns the command that enables the setting needed for access reports, for the user to run.
pub(super) fn how_to_enable_policies(root_id: &str) -> String {
    format!("aws organizations enable-policy-type --root-id {root_id} --policy-type SERVICE_CONTROL_POLICY")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Operation;

    fn denied(message: &str, reason: Option<&str>) -> String {
        let failure = CallFailure {
            class: FailureClass::Denied,
            code: "AccessDeniedException".to_owned(),
            reason: reason.map(Box::from),
            ..CallFailure::unusable(Operation::ListPermissionSets, message.to_owned())
        };
        missing(&failure, "eu-west-1")
    }

    #[test]
    fn the_callers_own_lack_of_an_action_is_told_from_other_policies() {
        let user = "User: arn:aws:iam::1:user/a is not authorized to perform: sso:ListPermissionSets";
        assert_eq!(denied(user, None), "allow sso:ListPermissionSets");
        for (end, expected) in [
            (" because no identity-based policy allows the sso:ListPermissionSets action", ""),
            (
                " because no service control policy allows the sso:ListPermissionSets action",
                ": no service control policy allows it",
            ),
            (
                " with an explicit deny in a service control policy",
                ": an explicit deny in a service control policy refuses it",
            ),
            (
                " with an explicit deny in a resource control policy: arn:aws:organizations::1:policy/o/p",
                ": an explicit deny in a resource control policy refuses it",
            ),
        ] {
            assert_eq!(
                denied(&format!("{user}{end}"), None),
                format!("allow sso:ListPermissionSets{expected}")
            );
        }
    }

    #[test]
    fn trouble_with_the_key_names_the_keys_permission_or_state() {
        for reason in ["KMS_AccessDeniedException", "KMS_ACCESS_DENIED"] {
            assert!(denied("", Some(reason)).starts_with("allow kms:Decrypt on the instance's key"));
        }
        for reason in ["KMS_DisabledException", "KMS_INVALID_STATE", "KMS_KEY_NOT_FOUND"] {
            assert!(denied("", Some(reason)).ends_with(reason));
        }
    }
}
