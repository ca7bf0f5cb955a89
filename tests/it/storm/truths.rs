//! The possible content of a correct snapshot: the truth of the days served while it was collected, and the deletions
//! that AWS then claimed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use orgcensus::model::{RESOURCES, ResourceSpec};
use orgcensus::simulator::{Access, Action, Assignments, Call, ReportDepth, Simulator, TruthOptions};
use serde_json::{Map, Value};

use crate::world::plain;

/// A row without its volatile columns, and its text form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub row: Map<String, Value>,
    pub text: String,
}

/// A resource's rows by key.
pub type Keyed = BTreeMap<String, Held>;

/// Returns the key of a row, as text.
pub fn key_of(spec: &ResourceSpec, row: &Map<String, Value>) -> String {
    let values: Vec<&Value> = spec.key.iter().map(|column| &row[*column]).collect();
    serde_json::to_string(&values).unwrap()
}

/// Returns rows by key, without volatile columns.
pub fn keyed(spec: &ResourceSpec, rows: Vec<Map<String, Value>>) -> Keyed {
    let mut keyed = Keyed::new();
    for mut row in rows {
        for column in spec.volatile {
            row.remove(*column);
        }
        let text = plain(&row);
        keyed.insert(key_of(spec, &row), Held { row, text });
    }
    keyed
}

/// The truth of one day.
#[derive(Debug)]
pub struct Day {
    pub rows: BTreeMap<&'static str, Keyed>,
    /// The assignments that a listing by principals shows: those of living principals.
    of_the_living: BTreeSet<String>,
    /// The same, and the assignments on pairs without any living principal.
    and_unseen_pairs: BTreeSet<String>,
    /// Every path of every user.
    pub ways: BTreeSet<Access>,
}

impl Day {
    pub fn of(simulator: &Simulator, day: u32) -> Self {
        let options = |assignments| TruthOptions {
            assignments,
            access_report: ReportDepth::Accounts,
            ..TruthOptions::default()
        };
        let rows = RESOURCES
            .iter()
            .map(|spec| (spec.name, keyed(spec, simulator.rows(day, spec.name, options(Assignments::All)))))
            .collect();
        let spec = orgcensus::model::resource("account_assignments").unwrap();
        let keys = |assignments| {
            let rows = simulator.rows(day, spec.name, options(assignments));
            rows.iter().map(|row| key_of(spec, row)).collect()
        };
        Self {
            rows,
            of_the_living: keys(Assignments::LivingPrincipals),
            and_unseen_pairs: keys(Assignments::LivingPrincipalsAndUnseenPairs),
            ways: simulator.access(day),
        }
    }
}

/// The truth during one collection, its resumed parts included.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The days served meanwhile.
    pub days: BTreeMap<u32, Arc<Day>>,
    pub claims: Claims,
}

impl Seen {
    /// Returns true if the row existed all the time.
    pub fn throughout(&self, resource: &str, key: &str) -> bool {
        self.days.values().all(|day| day.rows[resource].contains_key(key))
    }

    /// Returns true if a row with these values existed, or one with each of these values at some time.
    pub fn was_so(&self, resource: &str, key: &str, held: &Held) -> bool {
        let then: Vec<&Held> = self.days.values().filter_map(|day| day.rows[resource].get(key)).collect();
        if then.iter().any(|then| then.text == held.text) {
            return true;
        }
        // Several listings contribute to one row, possibly on different days.
        then.len() > 1
            && held.row.iter().all(|(column, value)| {
                column == "provisioning_status"
                    || then.iter().any(|then| normal(&then.row[column]) == normal(value))
            })
    }

    /// Returns true if a listing of assignments by principals can show this one on every day, regardless of AWS's
    /// claims about its group.
    pub fn is_enumerable(&self, key: &str, row: &Map<String, Value>, pairs_are_known: bool) -> bool {
        let is_shown = |day: &Arc<Day>| {
            let shown = if pairs_are_known { &day.and_unseen_pairs } else { &day.of_the_living };
            shown.contains(key)
        };
        self.days.values().all(is_shown) && !self.claims.cover("groups", row)
    }

    /// Returns true if the user had access all the time by one path. If the paths changed during the run, one listing
    /// may show the old path and another the new one.
    pub fn had_access(&self, user_id: &str, account_id: &str, permission_set_arn: &str) -> bool {
        let mut days = self.days.values();
        let Some(first) = days.next() else { return true };
        let mut ways = first.ways.iter().filter(|way| {
            (&*way.user_id, &*way.account_id, &*way.permission_set_arn)
                == (user_id, account_id, permission_set_arn)
        });
        ways.any(|way| days.clone().all(|day| day.ways.contains(way)))
    }
}

fn normal(value: &Value) -> Value {
    value.as_bool().map_or_else(|| value.clone(), |truth| i32::from(truth).into())
}

/// The deletions that AWS claimed because of a fault. No program can know better.
#[derive(Debug, Clone, Default)]
pub struct Claims {
    claims: Vec<Claim>,
}

/// The claim that the rows of some resources with these values do not exist.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Claim {
    resources: &'static [&'static str],
    /// Each must be among the row's values.
    values: Vec<String>,
}

impl Claims {
    /// Adds the claim in a call's answer. `units` are the organizational units and their paths.
    pub fn hear(&mut self, call: &Call, units: &[(String, String)]) {
        if call.fault != Some(Action::NotFound) || call.error_code.is_none() {
            return;
        }
        let Ok(Value::Object(input)) = serde_json::from_str(&call.body) else { return };
        let text = |name: &str| input.get(name).and_then(Value::as_str).map(str::to_owned);
        let resources: &'static [&'static str] = match call.operation.as_str() {
            "ListTagsForResource" if text("ResourceId").is_some() => &["tags"],
            "GetPermissionsBoundaryForPermissionSet" => &["permission_set_policies"],
            "DescribeInstanceAccessControlAttributeConfiguration" => &["access_control_attributes"],
            "DescribeTrustedTokenIssuer" => &["trusted_token_issuers"],
            "DescribeAccountAssignmentCreationStatus"
            | "DescribeAccountAssignmentDeletionStatus"
            | "DescribePermissionSetProvisioningStatus" => &["assignment_requests"],
            "GetApplicationAssignmentConfiguration" => &[
                "applications",
                "application_assignments",
                "application_grants",
                "application_access_scopes",
                "application_authentication_methods",
                "tags",
            ],
            "ListApplicationAssignments" => &["application_assignments"],
            "ListApplicationGrants" => &["application_grants"],
            "ListApplicationAccessScopes" => &["application_access_scopes"],
            "ListApplicationAuthenticationMethods" => &["application_authentication_methods"],
            "ListAccountAssignments" | "ListAccountAssignmentsForPrincipal" => &["account_assignments"],
            "ListGroupMemberships" => &["groups", "group_memberships"],
            "ListOrganizationalUnitsForParent" | "ListAccountsForParent" => {
                &["organizational_units", "tags", "service_last_accessed"]
            }
            _ => &[
                "permission_sets",
                "permission_set_policies",
                "provisioned_permission_sets",
                "account_assignments",
                "tags",
            ],
        };
        let names = [
            "AccountId",
            "PermissionSetArn",
            "GroupId",
            "ResourceId",
            "ResourceArn",
            "PrincipalId",
            "ApplicationArn",
            "TrustedTokenIssuerArn",
            "AccountAssignmentCreationRequestId",
            "AccountAssignmentDeletionRequestId",
            "ProvisionPermissionSetRequestId",
        ];
        let mut values: Vec<String> = names.into_iter().filter_map(text).collect();
        if call.operation == "DescribeInstanceAccessControlAttributeConfiguration" {
            values.extend(text("InstanceArn"));
        }
        if !values.is_empty() {
            self.claims.push(Claim { resources, values });
        }
        if let Some(parent) = text("ParentId") {
            let below = units.iter().filter(|(_, path)| path.split('/').any(|part| part == parent));
            let gone = below.map(|(id, _)| id.clone()).chain([parent.clone()]);
            self.claims.extend(gone.map(|id| Claim { resources, values: vec![id] }));
        }
    }

    /// Returns true if the row was claimed to be deleted.
    pub fn cover(&self, resource: &str, row: &Map<String, Value>) -> bool {
        // The name of an AWS managed policy comes from another resource's row: a set that was claimed to be deleted may
        // have been the only one that attached it.
        if resource == "managed_policies"
            && self.claims.iter().any(|claim| claim.resources.contains(&"permission_set_policies"))
        {
            return true;
        }
        self.claims.iter().any(|claim| {
            claim.resources.contains(&resource)
                && claim.values.iter().all(|value| row.values().any(|found| found == value.as_str()))
        })
    }

    /// Returns true if an access may seem lost because of a claim.
    pub fn touch_access(&self) -> bool {
        let ways = ["account_assignments", "groups", "group_memberships"];
        self.claims.iter().any(|claim| claim.resources.iter().any(|resource| ways.contains(resource)))
    }
}
