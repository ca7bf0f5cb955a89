//! Permissions, faults and toggles.

use super::*;

#[tokio::test]
async fn roles_are_assumed_and_decide_what_may_be_called() {
    let simulator = start(Config {
        caller: Caller::MemberAccount,
        external_id: Some("secret".to_owned()),
        ..Config::default()
    });
    let sts = client!(aws_sdk_sts, simulator);
    let me = sts.get_caller_identity().send().await.unwrap();
    assert_ne!(me.account(), Some(simulator.management_account_id().as_str()));
    let role = format!("arn:aws:iam::{}:role/path/Reader", simulator.management_account_id());
    let assume = || sts.assume_role().role_arn(&role).role_session_name("census");
    assert_eq!(assume().send().await.unwrap_err().code(), Some("AccessDenied"));
    let session = assume().external_id("secret").send().await.unwrap().credentials.unwrap();
    let denied = client!(aws_sdk_organizations, simulator).list_roots().send().await.unwrap_err();
    assert_eq!(denied.code(), Some("AccessDeniedException"));
    let assumed = client!(aws_sdk_organizations, simulator, session.access_key_id(), "us-east-1");
    assumed.list_roots().send().await.unwrap();
    simulator.expire_credentials(session.access_key_id());
    assert_eq!(assumed.list_roots().send().await.unwrap_err().code(), Some("ExpiredTokenException"));
    let sts = client!(aws_sdk_sts, simulator, session.access_key_id(), "us-east-1");
    assert_eq!(sts.get_caller_identity().send().await.unwrap_err().code(), Some("ExpiredToken"));
}

#[tokio::test]
async fn faults_strike_as_scripted() {
    let simulator = start(Config { short_pages: Some(3), ..Config::default() });
    let client = client!(aws_sdk_identitystore, simulator);
    let list = |token: Option<String>| {
        client.list_groups().identity_store_id(simulator.identity_store_id()).set_next_token(token).send()
    };
    let script = |action| {
        simulator.faults().clear();
        simulator.faults().add(Fault::on("identitystore:ListGroups", action));
    };
    let denied = Action::Denied { kms_reason: Some("KMS_ACCESS_DENIED".to_owned()) };
    for (action, code) in [
        (denied, Some("AccessDeniedException")),
        (Action::Throttle { retry_after_seconds: Some(2) }, Some("ThrottlingException")),
        (Action::Status(500), Some("InternalServerException")),
        (Action::NotFound, Some("ResourceNotFoundException")),
        (Action::ExpiredCredentials, Some("ExpiredTokenException")),
        (Action::Html500, None),
        (Action::Reset, None),
        (Action::TruncatedBody, None),
        (Action::MalformedBody, None),
    ] {
        script(action.clone());
        let error = list(None).await.expect_err("the call fails");
        assert_eq!(error.code(), code, "{action:?}");
    }
    script(Action::Hang);
    assert!(tokio::time::timeout(std::time::Duration::from_millis(50), list(None)).await.is_err());

    script(Action::MissingListKey);
    assert!(list(None).await.map(|page| page.groups.is_empty()).unwrap_or(true));
    script(Action::EmptyPageWithToken);
    let empty = list(None).await.unwrap();
    assert!(empty.groups.is_empty() && empty.next_token.is_some());
    script(Action::RepeatToken);
    let first = list(None).await.unwrap().next_token;
    assert_eq!(list(first.clone()).await.unwrap().next_token, first);
    script(Action::ExpiredToken);
    let first = list(None).await.unwrap();
    assert_eq!(list(first.next_token.clone()).await.unwrap_err().code(), Some("ValidationException"));
    script(Action::DuplicateItems);
    let second = list(first.next_token).await.unwrap();
    assert_eq!(second.groups[0].group_id(), first.groups[0].group_id());

    simulator.faults().clear();
    simulator.faults().add(Fault::on("ListGroups", Action::NotFound).from_call(2).times(1));
    assert!(list(None).await.is_ok());
    assert!(list(None).await.is_err());
    assert!(list(None).await.is_ok());
    assert_eq!(simulator.faults().struck()["ListGroups"], 1);
    simulator.faults().storm(1, 0.5, &[Action::Status(503)]);
    let mut failed = 0;
    for _ in 0..40 {
        failed += usize::from(list(None).await.is_err());
    }
    assert!((5..35).contains(&failed), "{failed} of 40");
}

#[tokio::test]
async fn throttles_carry_each_services_code() {
    let rates =
        Rates { sso_admin: 2.0, identity_store: 2.0, organizations_operation: 2.0, iam: 2.0, burst: 1.0 };
    let simulator = start(Config { throttling: Some(rates), ..Config::default() });
    let organizations = client!(aws_sdk_organizations, simulator);
    let iam = client!(aws_sdk_iam, simulator);
    for _ in 0..6 {
        let _ = organizations.list_roots().send().await;
        let _ = iam.get_organizations_access_report().job_id("none").send().await;
    }
    organizations.list_accounts().send().await.expect("another operation, another bucket");
    assert!(simulator.calls().errors("TooManyRequestsException") >= 3);
    assert!(simulator.calls().errors("Throttling") >= 3);
}

#[tokio::test]
async fn toggles_change_what_is_answered() {
    let simulator = start(Config {
        instances: Instances::Several,
        region: "eu-west-1".to_owned(),
        additional_regions: vec!["eu-central-1".to_owned()],
        paths: false,
        account_status: false,
        ..Config::default()
    });
    let elsewhere = client!(aws_sdk_ssoadmin, simulator, "AKIATEST", "us-east-1");
    assert!(elsewhere.list_instances().send().await.unwrap().instances().is_empty());
    let all =
        elsewhere.list_instances().region_scope(aws_sdk_ssoadmin::types::RegionScope::from("ALL_REGIONS"));
    let all = all.send().await.unwrap();
    assert_eq!((all.instances().len(), all.instances()[1].primary_region()), (2, Some("eu-west-1")));
    let home = client!(aws_sdk_ssoadmin, simulator, "AKIATEST", "eu-west-1");
    let of_account = all.instances()[0].instance_arn().unwrap();
    let described = home.describe_instance().instance_arn(of_account).send().await.unwrap();
    assert_eq!(described.permission_sets_enabled, Some(false));
    let refused = home.list_permission_sets().instance_arn(of_account).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"));
    let replica = client!(aws_sdk_ssoadmin, simulator, "AKIATEST", "eu-central-1");
    assert_eq!(replica.list_instances().send().await.unwrap().instances().len(), 2);
    let refused =
        replica.list_permission_sets().instance_arn(simulator.instance_arn()).send().await.unwrap_err();
    assert_eq!(refused.code(), Some("ValidationException"));
    let accounts = collect!(client!(aws_sdk_organizations, simulator).list_accounts(), accounts);
    assert!(accounts.iter().all(|account| account.paths.is_none()));
    #[allow(deprecated)]
    let statuses = accounts.iter().filter(|account| account.status().is_some()).count();
    assert_eq!(statuses, 0);

    let legacy = start(Config { legacy_directory: true, in_organization: false, ..Config::default() });
    let store = client!(aws_sdk_identitystore, legacy);
    let refused = store.list_users().identity_store_id(legacy.identity_store_id()).send().await.unwrap_err();
    assert_eq!(
        (refused.code(), refused.message()),
        (Some("ValidationException"), Some("Filter is required"))
    );
    let members = store.list_group_memberships().identity_store_id(legacy.identity_store_id()).group_id("g");
    assert_eq!(members.send().await.unwrap_err().code(), Some("UnknownOperationException"));
    let refused = client!(aws_sdk_organizations, legacy).list_accounts().send().await.unwrap_err();
    assert_eq!(refused.code(), Some("AWSOrganizationsNotInUseException"));
}

#[tokio::test]
async fn a_day_can_change_while_a_listing_runs() {
    let simulator = start(Config { changes_per_day: 34, ..Config::default() });
    let client = client!(aws_sdk_identitystore, simulator);
    let list = client.list_users().identity_store_id(simulator.identity_store_id());
    let first = list.clone().send().await.unwrap();
    simulator.set_day(1);
    let rest = list.next_token(first.next_token.unwrap()).into_paginator().items();
    let rest: Vec<_> = rest.send().try_collect().await.unwrap();
    let ids: BTreeSet<_> = first.users.iter().chain(&rest).map(|user| user.user_id().to_owned()).collect();
    assert_eq!(ids.len(), first.users.len() + rest.len(), "nobody twice");
    assert_eq!(simulator.day(), 1);
}
