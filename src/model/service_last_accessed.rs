//! The last attempt to use each AWS service in a part of the organization (Organizations access report).

use super::{
    AccessRole, Entity, Fact, ImplicitGap, LabelPart, LimitConcerns, Parent, ParentWhen, Remembered,
    ResourceGroup, facts, resource,
};

resource! {
    /// One service in the access report of one root, OU or account (GetOrganizationsAccessReport).
    pub struct ServiceLastAccessed in "service_last_accessed" {
        /// id of the root, OU or account that the report is about
        key entity_id: String = IdByType {
            type_column: "entity_type",
            entities: &[
                (Entity::Account.as_str(), Entity::Account),
                (Entity::Ou.as_str(), Entity::Ou),
                (Entity::Root.as_str(), Entity::Root),
            ],
        };
        /// the service control policy that the report was narrowed to; empty for the entity's own report
        key policy_id: String = Id(&[Entity::Policy]);
        /// the service's namespace, e.g. s3
        key service_namespace: String = Text, public;
        /// root, organizational_unit or account
        data entity_type: Entity = Text, public;
        /// ids from the organization down to the entity
        data entity_path: Option<String> = Text;
        /// the service's name
        data service_name: Option<String> = Text, label, public;
        /// the latest attempt, denied ones included, UTC; NULL: no attempt seen in AWS's tracking period
        activity last_authenticated_at: Option<String> = Time;
        /// Region of the latest attempt
        activity last_authenticated_region: Option<String> = Text, public;
        /// path of the account that made the latest attempt
        activity last_authenticated_entity: Option<String> = Text;
        /// how many accounts attempted it; 0: no attempt seen in AWS's tracking period; NULL: not sent
        activity total_authenticated_entities: Option<i64> = Integer;
    }
    description: "When each service was last attempted in each root, OU or account, denied attempts included.",
    not_about: &[
        (&[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Application], "a report says which services were used, and not by whom or with which permission set"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::AccessReport,
    row_label: &[
        LabelPart::Value("service_namespace"),
        LabelPart::Words(" in "),
        LabelPart::NounAndName("entity_id"),
        LabelPart::NameIfAny { words: " by policy ", column: "policy_id" },
    ],
    limit: LimitConcerns::UntakenReports {
        entity: "entity_id",
        narrowed_to: "policy_id",
        jobs: &AccessReportJob::SPEC,
    },
    activity_noun: Some("attempt"),
    not_in_lives: Some("every use is a new version: it would be most of the life of any account"),
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
        Parent {
            resource: "organization_policies",
            columns: &[("policy_id", "policy_id")],
            when: ParentWhen::Filled("policy_id"),
        },
    ],
    implicit_gaps: &[BEFORE_THE_FIRST_REPORT],
}

/// Reports by policy are created on request. Until one has completed, its rows are unknown although no gap is recorded.
const BEFORE_THE_FIRST_REPORT: ImplicitGap = ImplicitGap {
    listed_so: "1",
    and_only_if: None,
    missing_on: "v.policy_id <> ''
    AND NOT EXISTS (SELECT 1 FROM access_report_jobs AS j
        WHERE j.entity_id = v.entity_id AND j.policy_id = v.policy_id AND j.job_status = 'COMPLETED'
        AND j.snapshot_id <= s.snapshot_id)
    AND NOT EXISTS (SELECT 1 FROM pruned_reports AS j
        WHERE j.entity_id = v.entity_id AND j.policy_id = v.policy_id AND j.snapshot_id <= s.snapshot_id)",
    scope: &["entity_id", "policy_id"],
    unless_seen: &[],
    hides_ends: false,
    message: "no access report by this policy had been taken",
    limits: None,
};

facts! {
    /// The job of one access report (GetOrganizationsAccessReport).
    pub struct AccessReportJob in "access_report_jobs" {
        /// id of the root, OU or account
        key entity_id: String = Id(&[Entity::Account, Entity::Ou, Entity::Root]);
        /// the service control policy, empty for the entity's own report
        key policy_id: String = Id(&[Entity::Policy]);
        /// COMPLETED, FAILED, or IN_PROGRESS of a job that did not end in time
        data job_status: String = Text, public;
        /// when the job was created, UTC
        data created_at: Option<String> = Time;
        /// when it was completed, UTC
        data completed_at: Option<String> = Time;
        /// services that service control policies allow
        data services_accessible: Option<i64> = Integer;
        /// of these, services without an attempt in AWS's tracking period
        data services_not_accessed: Option<i64> = Integer;
        /// why it failed
        data error_code: Option<String> = Text, public;
        /// why it failed, in words
        data error_message: Option<String> = Text;
    }
    description: "The access reports that each snapshot asked Organizations for.",
    remembered: Some(Remembered {
        table: "pruned_reports",
        description: "The last completed access reports that only pruned snapshots had asked for.",
        when: ("job_status", "COMPLETED"),
    }),
}
