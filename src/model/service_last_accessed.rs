//! When each AWS service was last attempted in a part of the organization (Organizations access report).

use serde::Serialize;

use super::{Activity, LimitConcerns, Parent, ParentWhen, Resource, ResourceSpec};

/// What an access report is about.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EntityType {
    #[default]
    Root,
    OrganizationalUnit,
    Account,
}

impl EntityType {
    /// The value of the column `entity_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::OrganizationalUnit => "organizational_unit",
            Self::Account => "account",
        }
    }
}

/// One service in the access report of one root, OU or account (GetOrganizationsAccessReport).
#[derive(Debug, Clone, Default, Serialize)]
pub struct ServiceLastAccessed {
    pub entity_id: String,
    pub policy_id: String,
    pub service_namespace: String,
    pub entity_type: EntityType,
    pub entity_path: Option<String>,
    pub service_name: Option<String>,
    pub last_authenticated_at: Option<String>,
    pub last_authenticated_region: Option<String>,
    pub last_authenticated_entity: Option<String>,
    pub total_authenticated_entities: Option<i64>,
}

impl Resource for ServiceLastAccessed {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "service_last_accessed",
        description: "When each service was last attempted in each root, OU or account, denied attempts included.",
        key: &["entity_id", "policy_id", "service_namespace"],
        volatile: &[],
        activity: Some(Activity {
            newest_at: "last_authenticated_at",
            moves_with_it: &[
                "last_authenticated_region",
                "last_authenticated_entity",
                "total_authenticated_entities",
            ],
            noun: "attempt",
        }),
        label: &["service_name"],
        limit: LimitConcerns::UntakenReports { entity: "entity_id" },
        documents: &[],
        parents: &[
            Parent {
                resource: "roots",
                columns: &[("entity_id", "root_id")],
                when: ParentWhen::Column("entity_type", "root"),
            },
            Parent {
                resource: "organizational_units",
                columns: &[("entity_id", "ou_id")],
                when: ParentWhen::Column("entity_type", "organizational_unit"),
            },
            Parent {
                resource: "accounts",
                columns: &[("entity_id", "account_id")],
                when: ParentWhen::Column("entity_type", "account"),
            },
        ],
    };
}
