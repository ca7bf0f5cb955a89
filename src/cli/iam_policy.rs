//! `iam-policy`: prints the smallest policy that `collect` with the same flags needs.

use std::io::Write;

use clap::Args;
use serde_json::{Value, json};

use super::GlobalOptions;
use super::collect::SelectionArgs;
use crate::aws::Operation;
use crate::collect::{Selection, operations};
use crate::error::{ExitStatus, Result};
use crate::output::write_error;

/// The arguments of `iam-policy`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus iam-policy > policy.json
  orgcensus iam-policy --access-report none
  orgcensus iam-policy --only @policies > policies.json

The policy holds exactly the actions that `orgcensus collect` with the same flags calls, and those that AWS \
asks of whoever generates an access report. Where the instance is encrypted with a key of your own, allow \
kms:Decrypt on that key too.")]
pub struct IamPolicyArgs {
    #[command(flatten)]
    selection: SelectionArgs,
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
    let policy = serde_json::to_string_pretty(&policy(&selection)).expect("a policy is plain JSON");
    writeln!(destination, "{policy}").map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

fn policy(selection: &Selection) -> Value {
    let operations = operations(selection);
    let mut statements = vec![json!({
        "Sid": "OrgcensusReads",
        "Effect": "Allow",
        "Action": operations.iter().filter_map(|operation| operation.action()).collect::<Vec<_>>(),
        "Resource": "*",
    })];
    if operations.contains(&Operation::GenerateOrganizationsAccessReport) {
        statements.push(json!({
            "Sid": "AccessReportReadsForTheCaller",
            "Effect": "Allow",
            "Action": REPORT_NEEDS,
            "Resource": "*",
        }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements })
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
