//! Every resource takes a stand on every entity: the declarations are whole, and one that is not does not compile.

use super::column::takes_a_stand;
use super::*;

const fn column(name: &'static str, kind: ColumnKind, is_mention: bool) -> ColumnSpec {
    ColumnSpec {
        name,
        kind,
        role: Role::Key,
        is_label: false,
        is_personal: false,
        is_mention,
        is_basic: false,
        is_public: false,
        description: "a column",
    }
}

#[test]
fn every_resource_is_about_an_entity_or_says_why_not() {
    for spec in RESOURCES {
        for entity in Entity::ALL {
            let denials = spec.not_about.iter().filter(|(entities, _)| entities.contains(&entity)).count();
            let is_about = spec.about(entity).count() > 0;
            assert_eq!(denials + usize::from(is_about), 1, "{} and {entity:?}", spec.name);
        }
        let reasons = spec.not_about.iter().map(|(_, reason)| *reason);
        for reason in reasons.chain(spec.not_in_lives).chain(spec.not_compared) {
            assert!(reason.split(' ').count() > 3, "{}: {reason:?} is no reason", spec.name);
        }
    }
}

#[test]
fn a_column_that_is_not_spoken_of_is_no_stand() {
    const OF_ACCOUNTS: &[ColumnSpec] = &[
        column("account_id", ColumnKind::Id(&[Entity::Account]), false),
        column("name", ColumnKind::Text, false),
    ];
    const OTHERS: &[Entity] = &[
        Entity::User,
        Entity::Group,
        Entity::PermissionSet,
        Entity::Ou,
        Entity::Root,
        Entity::Policy,
        Entity::Application,
    ];
    assert!(takes_a_stand(OF_ACCOUNTS, &[(OTHERS, "it is about accounts alone")]));
    assert!(!takes_a_stand(OF_ACCOUNTS, &[(OTHERS, "")]), "no reason");
    assert!(
        !takes_a_stand(OF_ACCOUNTS, &[(&[Entity::User], "it is about accounts alone")]),
        "others are left"
    );
    assert!(!takes_a_stand(OF_ACCOUNTS, &[]), "nothing is said");
    const MENTIONS: &[ColumnSpec] = &[column("account_id", ColumnKind::Id(&[Entity::Account]), true)];
    assert!(!takes_a_stand(MENTIONS, &[(OTHERS, "it is about accounts alone")]), "a mention is no stand");
}

/// A column that looks like an id of something is declared as one, or its resource says here why not.
#[test]
fn ids_are_declared_as_ids() {
    let no_ids_of_entities = [
        ("organization", "organization_id"),
        ("users", "user_arn"),
        ("groups", "group_arn"),
        ("organization", "management_account_arn"),
        // The organization has one, which no other row refers to.
        ("organization_resource_policies", "resource_policy_id"),
        // AWS's own, of which nothing else has the id.
        ("managed_policies", "policy_arn"),
        ("managed_policies", "policy_id"),
        ("managed_policies", "version_id"),
        ("group_memberships", "membership_id"),
        ("group_memberships", "membership_arn"),
        // No other row refers to an instance, its store or an issuer.
        ("identity_center_instances", "instance_arn"),
        ("identity_center_instances", "identity_store_id"),
        ("identity_center_instances", "identity_store_arn"),
        ("identity_center_instances", "encryption_key_arn"),
        ("access_control_attributes", "instance_arn"),
        ("trusted_token_issuers", "trusted_token_issuer_arn"),
        ("assignment_requests", "request_id"),
        ("applications", "provider_arn"),
        ("applications", "instance_arn"),
        ("applications", "identity_store_arn"),
        // What an account has itself, which other rows of the account name by its name.
        ("iam_users", "user_id"),
        ("iam_users", "permissions_boundary_arn"),
        ("iam_groups", "group_id"),
        ("iam_roles", "role_id"),
        ("iam_roles", "permissions_boundary_arn"),
        ("iam_policies", "policy_arn"),
        ("iam_policies", "policy_id"),
        ("iam_policies", "default_version_id"),
    ];
    for spec in RESOURCES {
        for column in spec.columns {
            let looks_like_one = column.name.ends_with("_id") || column.name.ends_with("_arn");
            let is_one = matches!(column.kind, ColumnKind::Id(_) | ColumnKind::IdByType { .. });
            let is_excused = no_ids_of_entities.contains(&(spec.name, column.name));
            assert_eq!(looks_like_one && !is_excused, is_one, "{}.{}", spec.name, column.name);
        }
    }
}

#[test]
fn entities_name_columns_that_there_are() {
    for entity in Entity::ALL {
        let spec = entity.spec();
        let own = resource(spec.resource).unwrap();
        assert_eq!(own.key, [spec.id], "{entity:?}");
        let external_ids = spec.recreated.as_ref().and_then(|by| by.external_ids);
        let columns = spec.names.iter().map(|name| name.column).chain(spec.state).chain(external_ids);
        for column in columns {
            assert!(own.column(column).is_some(), "{entity:?} has no column {column}");
        }
        assert_eq!(own.label, [spec.names[0].column], "a row of {} is called by its name", own.name);
        assert_eq!(Entity::of_value(entity.as_str()), Some(entity));
        assert_eq!(serde_json::to_value(entity).unwrap(), entity.as_str());
    }
}

#[test]
fn labels_and_type_columns_name_columns_that_there_are() {
    for spec in RESOURCES {
        for part in spec.row_label {
            let columns = match *part {
                LabelPart::Words(_) => Vec::new(),
                LabelPart::Value(column) => vec![column],
                LabelPart::Name(column)
                | LabelPart::NounAndName(column)
                | LabelPart::NameIfAny { column, .. } => {
                    assert!(spec.column(column).unwrap().entities().count() > 0, "{} {column}", spec.name);
                    vec![column]
                }
                LabelPart::Policy { kind, policy, name } => vec![kind, policy, name],
            };
            assert!(columns.iter().all(|column| spec.column(column).is_some()), "{} {part:?}", spec.name);
        }
        for column in spec.columns {
            if let ColumnKind::IdByType { type_column, .. } = column.kind {
                assert!(spec.column(type_column).is_some(), "{} {type_column}", spec.name);
            }
            assert!(!column.description.is_empty(), "{}.{}", spec.name, column.name);
        }
    }
}

/// What a vanished parent takes with it is looked for one step deep.
#[test]
fn no_parent_has_a_parent() {
    for spec in RESOURCES {
        for parent in spec.parents {
            let of_parent = resource(parent.resource).unwrap().parents;
            assert!(of_parent.is_empty(), "{} of {}", parent.resource, spec.name);
        }
    }
}

#[test]
fn each_part_of_access_is_one_resources() {
    let mut parts: Vec<AccessRole> =
        RESOURCES.iter().map(|spec| spec.in_access).filter(|role| *role != AccessRole::None).collect();
    parts.iter().for_each(|role| assert_eq!(role.resource().in_access, *role));
    let before = parts.len();
    parts.dedup();
    parts.sort_by_key(|role| role.resource().name);
    parts.dedup();
    assert_eq!(parts.len(), before, "{parts:?}");
    assert_eq!(before, 8, "every part but none is some resource's");
}
