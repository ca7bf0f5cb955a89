//! `iam-policy`: prints the smallest policy that `collect` with the same flags needs.

use std::io::Write;

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::GlobalOptions;
use super::collect::SelectionArgs;
use super::global::is_iam_arn;
use crate::aws::Operation;
use crate::collect::{RoleName, Selection, operations, statement_of};
use crate::error::{Error, ExitStatus, Result};
use crate::output::write_error;

/// The arguments of `iam-policy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus iam-policy > policy.json
  orgcensus iam-policy --access-report none
  orgcensus iam-policy --only @policies > policies.json
  orgcensus iam-policy --iam-role OrgCensus              with sts:AssumeRole
  orgcensus iam-policy --iam-role OrgCensus --for members
  orgcensus iam-policy --iam-role OrgCensus --for stack-set > role.json

The policy holds exactly the actions that `orgcensus collect` with the same flags calls, and those that AWS \
asks of whoever generates an access report. Where the instance is encrypted with a key of your own, allow \
kms:Decrypt on that key too.")]
pub struct IamPolicyArgs {
    #[command(flatten)]
    selection: SelectionArgs,

    /// Whose document to print, where --iam-role names a role to assume in each account
    #[arg(long = "for", value_name = "WHOM", value_enum, default_value = "caller", help_heading = "Output")]
    whom: Whom,

    /// The role or user that runs collect, which the role in each account is to trust
    #[arg(long, value_name = "ARN", requires = "iam_role", value_parser = principal, help_heading = "Output")]
    trusted: Option<String>,
}

/// The holder of a document: `--for`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Whom {
    /// The policy of whoever runs collect.
    Caller,
    /// The permissions of the role in each account.
    Members,
    /// The trust policy of the role in each account.
    Trust,
    /// The role as a CloudFormation template, to be rolled out by a StackSet.
    StackSet,
}

/// The actions that AWS itself performs with the caller's permissions to generate a report.
/// Source: IAM User Guide, "Refining permissions … Organizations: required permissions".
const REPORT_NEEDS: [&str; 6] = [
    "organizations:DescribePolicy",
    "organizations:ListChildren",
    "organizations:ListParents",
    "organizations:ListPoliciesForTarget",
    "organizations:ListRoots",
    "organizations:ListTargetsForPolicy",
];

/// Prints the policy.
pub fn run(args: IamPolicyArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let selection = args.selection.selection()?;
    let mut destination = global.destination()?;
    let document = match (args.whom, selection.accounts.role()) {
        (Whom::Caller, _) => policy(&selection),
        (Whom::Members, Some(_)) => selection.account_policy(),
        (Whom::Trust, Some(_)) => match &args.trusted {
            Some(principal) => trust_policy(&json!(principal)),
            None => {
                return Err(Error::usage("a trust policy names whom it trusts")
                    .hint("give the role that runs collect: --trusted arn:aws:iam::111122223333:role/NAME"));
            }
        },
        (Whom::StackSet, Some(role)) => template(&selection, role, args.trusted.as_deref()),
        (Whom::Members | Whom::Trust | Whom::StackSet, None) => {
            return Err(Error::usage("no role is named to assume in the accounts")
                .hint("name it, as collect does: --iam-role OrgCensus"));
        }
    };
    let policy = serde_json::to_string_pretty(&document).expect("a policy is plain JSON");
    writeln!(destination, "{policy}").map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn policy(selection: &Selection) -> Value {
    let operations = operations(selection);
    let mut statements = vec![statement_of(&operations)];
    if operations.contains(&Operation::GenerateOrganizationsAccessReport) {
        statements.push(json!({
            "Sid": "AccessReportReadsForTheCaller",
            "Effect": "Allow",
            "Action": REPORT_NEEDS,
            "Resource": "*",
        }));
    }
    if let Some(role) = selection.accounts.role() {
        statements.push(json!({
            "Sid": "OrgcensusAssumesTheRoleInAccounts",
            "Effect": "Allow",
            "Action": "sts:AssumeRole",
            // In any partition.
            "Resource": format!("arn:*:iam::*:role/{role}"),
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Returns the policy that lets a principal assume the role: an ARN, or a template's reference to one.
fn trust_policy(principal: &Value) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Sid": "OrgcensusAssumesThisRole",
            "Effect": "Allow",
            "Principal": { "AWS": principal },
            "Action": "sts:AssumeRole",
        }],
    })
}

/// Returns the CloudFormation template of the role. A StackSet of AWS Organizations creates its stacks in every member
/// account, and none in the management account.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-concepts.html>.
fn template(selection: &Selection, role: &RoleName, trusted: Option<&str>) -> Value {
    let mut parameter = json!({
        "Type": "String",
        "Description": "The ARN of the role or user that runs orgcensus collect",
        "AllowedPattern": "arn:[a-z-]+:iam::[0-9]{12}:(role|user)/.+",
        "ConstraintDescription": "the ARN of a role or user",
    });
    if let Some(trusted) = trusted {
        parameter["Default"] = json!(trusted);
    }
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The role that orgcensus assumes in each account to read its IAM. It can only read.",
        "Parameters": { "TrustedPrincipal": parameter },
        "Resources": {
            "OrgcensusRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": role.name(),
                    "Path": role.path(),
                    "Description": "Lets orgcensus read the IAM of this account",
                    "AssumeRolePolicyDocument": trust_policy(&json!({ "Ref": "TrustedPrincipal" })),
                    "Policies": [{ "PolicyName": "OrgcensusReads", "PolicyDocument": selection.account_policy() }],
                },
            },
        },
        "Outputs": {
            "RoleArn": { "Value": { "Fn::GetAtt": ["OrgcensusRole", "Arn"] } },
        },
    })
}

/// Checks the ARN of a role or user.
fn principal(typed: &str) -> Result<String, String> {
    match typed.split(':').nth(2) {
        _ if is_iam_arn(typed, &["role/", "user/"]) => Ok(typed.to_owned()),
        Some("sts") => {
            Err("a session ends: give the ARN of its role, arn:aws:iam::111122223333:role/NAME".to_owned())
        }
        _ => Err("the ARN of a role or user reads arn:aws:iam::111122223333:role/NAME".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::collect::{ReportDepth, StrategyChoice};
    use crate::model::ResourceGroup;

    fn actions(only: &[&str], depth: ReportDepth, strategy: StrategyChoice) -> Vec<String> {
        let only: Vec<_> = only.iter().map(|&name| name.to_owned()).collect();
        let policy = policy(&Selection::new(&only, &[], depth, strategy).unwrap());
        let actions = policy["Statement"][0]["Action"].as_array().unwrap().clone();
        actions.iter().map(|action| action.as_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn everything_needs_every_operation() {
        let all = actions(&[], ReportDepth::Ous, StrategyChoice::Auto);
        for operation in Operation::ALL {
            if let Some(action) = operation.action() {
                assert!(all.contains(&action), "{action}");
            }
        }
    }

    #[test]
    fn a_narrower_selection_needs_fewer_actions() {
        let users = actions(&["users"], ReportDepth::Ous, StrategyChoice::Auto);
        assert_eq!(
            users,
            ["sso:ListInstances", "identitystore:ListUsers", "organizations:DescribeOrganization"]
        );
        let assignments = actions(&["account_assignments"], ReportDepth::None, StrategyChoice::Auto);
        assert!(!assignments.contains(&"sso:ListAccountAssignmentsForPrincipal".to_owned()));
        let pairs = actions(&[], ReportDepth::None, StrategyChoice::Pairs);
        assert!(!pairs.contains(&"sso:ListAccountAssignmentsForPrincipal".to_owned()));
        assert!(!pairs.contains(&"iam:GenerateOrganizationsAccessReport".to_owned()));
    }

    #[test]
    fn a_group_needs_what_its_resources_need() {
        for group in ResourceGroup::ALL {
            let of = |only: &[&str]| actions(only, ReportDepth::Accounts, StrategyChoice::Auto);
            let resources: Vec<_> = group.resources().map(|spec| spec.name).collect();
            assert_eq!(of(&[group.as_str()]), of(&resources), "{}", group.as_str());
        }
        let policies = actions(&["@policies"], ReportDepth::Ous, StrategyChoice::Auto);
        assert!(policies.contains(&"organizations:DescribePolicy".to_owned()), "{policies:?}");
        assert!(!policies.iter().any(|action| action.starts_with("identitystore:")), "{policies:?}");
    }
}
