-- Four snapshots of a small organization with one odd thing of each kind. What changes:
--   2: carl is deleted and his assignment stays; bob is disabled; sandbox is suspended; eve joins Devs
--   3: the members of Devs could not be listed: their rows are carried
--   4: everything is seen again; the group Gone is deleted and its assignment stays; sam1 joins Admins
INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, organization_id, instance_arn, identity_store_id,
    region, caller_arn, label, tool_version, api_calls, throttled_calls, assignment_strategy, suspect, collection_id)
VALUES
    (1, '2026-01-10T02:00:00Z', '2026-01-10T02:01:00Z', 'complete', 'o-fixture', 'arn:aws:sso:::instance/ssoins-1',
     'd-1', 'eu-west-1', 'arn:aws:sts::111111111111:assumed-role/census/cron', NULL, '0.1.0', 120, 0, 'pairs', NULL, 'c-1'),
    (2, '2026-02-10T02:00:00Z', '2026-02-10T02:01:00Z', 'complete', 'o-fixture', 'arn:aws:sso:::instance/ssoins-1',
     'd-1', 'eu-west-1', 'arn:aws:sts::111111111111:assumed-role/census/cron', 'after the "big" move', '0.1.0', 121, 2, 'pairs', NULL, 'c-2'),
    (3, '2026-03-10T02:00:00Z', '2026-03-10T02:01:00Z', 'partial', 'o-fixture', 'arn:aws:sso:::instance/ssoins-1',
     'd-1', 'eu-west-1', 'arn:aws:sts::111111111111:assumed-role/census/cron', NULL, '0.1.0', 122, 0, 'pairs', NULL, 'c-3'),
    (4, '2026-04-10T02:00:00Z', '2026-04-10T02:01:00Z', 'complete', 'o-fixture', 'arn:aws:sso:::instance/ssoins-1',
     'd-1', 'eu-west-1', 'arn:aws:sts::111111111111:assumed-role/census/cron', NULL, '0.1.0', 123, 0, 'pairs', NULL, 'c-4');

INSERT INTO coverage (snapshot_id, resource, status, rows, gaps, reason)
SELECT s.snapshot_id, r.value, 'complete', 5, 0, NULL
FROM snapshots AS s, json_each('["organization", "roots", "organizational_units", "accounts", "users", "groups",
    "group_memberships", "permission_sets", "permission_set_policies", "provisioned_permission_sets",
    "account_assignments", "service_last_accessed", "organization_policies", "organization_policy_targets",
    "organization_resource_policies", "delegated_administrator_accounts", "delegated_administrators", "trusted_services",
    "organization_features", "identity_center_instances", "access_control_attributes", "trusted_token_issuers",
    "applications", "application_assignments", "application_grants", "application_access_scopes",
    "application_authentication_methods", "managed_policies", "assignment_requests"]') AS r;
INSERT INTO coverage (snapshot_id, resource, status, rows, gaps, reason)
SELECT snapshot_id, 'tags', 'not_collected', 0, 0, '--skip tags' FROM snapshots;
UPDATE coverage SET status = 'partial', gaps = 1 WHERE snapshot_id = 3 AND resource = 'group_memberships';
INSERT INTO gaps (snapshot_id, resource, scope, kind, operation, error_code, error_message, attempts, request_id, observed_at)
VALUES (3, 'group_memberships', '{"group_id":"g-devs"}', 'denied', 'identitystore:ListGroupMemberships',
        'AccessDeniedException', 'not authorized to perform: identitystore:ListGroupMemberships', 1, 'req-1', '2026-03-10T02:00:30Z');

INSERT INTO organization_versions (organization_id, arn, feature_set, management_account_id, valid_from)
VALUES ('o-fixture', 'arn:aws:organizations::111111111111:organization/o-fixture', 'ALL', '111111111111', 1);
INSERT INTO roots_versions (root_id, arn, name, valid_from) VALUES ('r-f1', 'arn:root', 'Root', 1);
INSERT INTO organizational_units_versions (ou_id, name, parent_id, entity_path, valid_from, valid_to)
VALUES ('ou-f1-prod', 'Production', 'r-f1', 'o-fixture/r-f1/ou-f1-prod', 1, NULL),
       ('ou-f1-west', 'EU, "west"', 'ou-f1-prod', 'o-fixture/r-f1/ou-f1-prod/ou-f1-west', 1, NULL),
       ('ou-f1-sand', 'Sandbox', 'r-f1', 'o-fixture/r-f1/ou-f1-sand', 1, NULL);

INSERT INTO accounts_versions (account_id, name, email, state, parent_id, entity_path, is_management_account, valid_from, valid_to)
VALUES ('111111111111', 'management', 'aws@example.com', 'ACTIVE', 'r-f1', 'o-fixture/r-f1/111111111111', 1, 1, NULL),
       ('222222222222', 'prod', 'aws+prod@example.com', 'ACTIVE', 'ou-f1-prod', 'o-fixture/r-f1/ou-f1-prod/222222222222', 0, 1, NULL),
       ('333333333333', 'a "quoted", name', 'aws+eu@example.com', 'ACTIVE', 'ou-f1-west', 'o-fixture/r-f1/ou-f1-prod/ou-f1-west/333333333333', 0, 1, NULL),
       ('044444444444', 'sandbox 🦀', 'aws+sand@example.com', 'ACTIVE', 'ou-f1-sand', 'o-fixture/r-f1/ou-f1-sand/044444444444', 0, 1, 2),
       ('044444444444', 'sandbox 🦀', 'aws+sand@example.com', 'SUSPENDED', 'ou-f1-sand', 'o-fixture/r-f1/ou-f1-sand/044444444444', 0, 2, NULL),
       ('555555555555', 'Twin', 'aws+twin1@example.com', 'ACTIVE', 'ou-f1-sand', 'o-fixture/r-f1/ou-f1-sand/555555555555', 0, 1, NULL),
       ('666666666666', 'twin', 'aws+twin2@example.com', 'ACTIVE', 'ou-f1-sand', 'o-fixture/r-f1/ou-f1-sand/666666666666', 0, 1, NULL);

UPDATE roots_versions SET policy_types = '[{"Type":"SERVICE_CONTROL_POLICY","Status":"ENABLED"}]';
INSERT INTO organization_policies_versions (policy_id, name, description, type, aws_managed, document, valid_from, valid_to)
VALUES ('p-FullAWSAccess', 'FullAWSAccess', 'Allows everything', 'SERVICE_CONTROL_POLICY', 1, '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}', 1, NULL),
       ('p-f1', 'no "leaving"', NULL, 'SERVICE_CONTROL_POLICY', 0, '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":["organizations:LeaveOrganization","account:CloseAccount"],"Resource":"*"}]}', 1, NULL),
       ('p-f2', 'cost centers', 'spelling', 'TAG_POLICY', 0, '{"tags":{}}', 1, NULL);
INSERT INTO organization_policy_targets_versions (policy_id, target_id, target_type, valid_from, valid_to)
VALUES ('p-FullAWSAccess', 'r-f1', 'ROOT', 1, NULL), ('p-FullAWSAccess', '222222222222', 'ACCOUNT', 1, NULL),
       ('p-f1', 'ou-f1-prod', 'ORGANIZATIONAL_UNIT', 1, NULL), ('p-f2', 'r-f1', 'ROOT', 1, NULL);
INSERT INTO delegated_administrator_accounts_versions (account_id, delegation_enabled_at, valid_from)
VALUES ('222222222222', '2025-01-01T00:00:00Z', 1);
INSERT INTO delegated_administrators_versions (account_id, service_principal, delegation_enabled_at, valid_from)
VALUES ('222222222222', 'guardduty.amazonaws.com', '2025-01-02T00:00:00Z', 1);
INSERT INTO trusted_services_versions (service_principal, enabled_at, valid_from) VALUES ('guardduty.amazonaws.com', '2025-01-01T00:00:00Z', 1);
INSERT INTO organization_features_versions (feature, valid_from) VALUES ('RootSessions', 1);

INSERT INTO users_versions (user_id, user_name, display_name, primary_email, emails, user_status, valid_from, valid_to)
VALUES ('u-ana', 'ana', 'Ana Núñez', 'ana@example.com', '[{"Value":"ana@example.com","Primary":true},{"Value":"anita@example.org"}]', 'ENABLED', 1, NULL),
       ('u-bob', 'bob', 'Bob', 'bob@example.com', NULL, 'ENABLED', 1, 2),
       ('u-bob', 'bob', 'Bob', 'bob@example.com', NULL, 'DISABLED', 2, NULL),
       ('u-carl', 'carl', 'Carl', 'carl@example.com', NULL, 'ENABLED', 1, 2),
       ('u-eve', '=cmd|'' /C calc''!A0', char(27) || '[31mEve' || char(10) || 'second line', NULL, NULL, 'ENABLED', 1, NULL),
       ('u-sam1', 'sam.one', 'Sam Smith', 'sam1@example.com', NULL, 'ENABLED', 1, NULL),
       ('u-sam2', 'sam.two', 'Sam Smith', 'sam2@example.com', NULL, NULL, 1, NULL);

INSERT INTO groups_versions (group_id, display_name, description, valid_from, valid_to)
VALUES ('g-admins', 'Admins', 'break glass', 1, NULL),
       ('g-devs', 'Devs, "core"', NULL, 1, NULL),
       ('g-empty', 'Empty 👻', '', 1, NULL),
       ('g-gone', 'Gone', NULL, 1, 4);
INSERT INTO group_memberships_versions (group_id, user_id, membership_id, created_at, valid_from, valid_to)
VALUES ('g-admins', 'u-ana', 'm-1', '2025-12-01T00:00:00Z', 1, NULL),
       ('g-admins', 'u-sam1', 'm-2', '2026-04-01T00:00:00Z', 4, NULL),
       ('g-devs', 'u-ana', 'm-3', '2025-12-01T00:00:00Z', 1, NULL),
       ('g-devs', 'u-bob', 'm-4', '2025-12-01T00:00:00Z', 1, NULL),
       ('g-devs', 'u-eve', 'm-5', NULL, 2, NULL);

INSERT INTO permission_sets_versions (permission_set_arn, name, description, session_duration, valid_from)
VALUES ('arn:aws:sso:::permissionSet/ssoins-1/ps-admin', 'Administrator', NULL, 'PT1H', 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-read', 'ReadOnly', 'look, do not touch', 'PT8H', 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'Deploy', NULL, 'PT4H', 1);
INSERT INTO permission_set_policies_versions (permission_set_arn, kind, policy, policy_name, policy_path, document, valid_from)
VALUES ('arn:aws:sso:::permissionSet/ssoins-1/ps-admin', 'aws_managed', 'arn:aws:iam::aws:policy/AdministratorAccess', 'AdministratorAccess', NULL, NULL, 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-read', 'aws_managed', 'arn:aws:iam::aws:policy/ReadOnlyAccess', 'ReadOnlyAccess', NULL, NULL, 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'customer_managed', '/team/deploy', 'deploy', '/team/', NULL, 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'permissions_boundary', '/boundary', 'boundary', '/', NULL, 1),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'inline', 'inline', NULL, NULL,
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:*","iam:*"],"Resource":"*"}}', 1);
INSERT INTO managed_policies_versions (policy_arn, name, path, version_id, document, created_at, updated_at, is_aws_managed, policy_id, description, valid_from)
VALUES ('arn:aws:iam::aws:policy/AdministratorAccess', 'AdministratorAccess', '/', 'v1',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
        '2015-02-06T18:39:46Z', '2015-02-06T18:39:46Z', 1, 'ANPAIWMBCKSKIEE64ZLYK', 'Provides full access.', 1),
       ('arn:aws:iam::aws:policy/ReadOnlyAccess', 'ReadOnlyAccess', '/', 'v100',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","iam:Get*","iam:List*","s3:Get*"],"Resource":"*"}]}',
        '2015-02-06T18:39:48Z', '2025-11-06T18:39:48Z', 1, 'ANPAILL3HVNFSB6DCOWYQ', NULL, 1);
INSERT INTO account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id, valid_from, valid_to)
SELECT value ->> 0, 'arn:aws:sso:::permissionSet/ssoins-1/' || (value ->> 1), value ->> 2, value ->> 3, value ->> 4, value ->> 5
FROM json_each('[
    ["111111111111", "ps-admin", "GROUP", "g-admins", 1, null],
    ["222222222222", "ps-admin", "GROUP", "g-admins", 1, null],
    ["222222222222", "ps-read", "GROUP", "g-devs", 1, null],
    ["222222222222", "ps-deploy", "GROUP", "g-devs", 2, null],
    ["222222222222", "ps-read", "USER", "u-ana", 1, null],
    ["222222222222", "ps-read", "USER", "u-carl", 1, null],
    ["333333333333", "ps-deploy", "USER", "u-eve", 1, null],
    ["044444444444", "ps-read", "GROUP", "g-devs", 1, null],
    ["555555555555", "ps-read", "GROUP", "g-empty", 1, null],
    ["555555555555", "ps-read", "GROUP", "g-gone", 1, null],
    ["777777777777", "ps-read", "USER", "u-sam2", 1, null]]');
INSERT INTO identity_center_instances_versions (instance_arn, owner_account_id, identity_store_id, status, primary_region,
    regions, permission_sets_enabled, encryption_key_type, encryption_status, valid_from)
VALUES ('arn:aws:sso:::instance/ssoins-1', '111111111111', 'd-1', 'ACTIVE', 'eu-west-1',
        '[{"RegionName":"eu-west-1","Status":"ACTIVE","IsPrimaryRegion":true}]', 1, 'AWS_OWNED_KMS_KEY', 'ENABLED', 1);
INSERT INTO assignment_requests_versions (request_id, kind, status, account_id, permission_set_arn, principal_type,
    principal_id, created_at, failure_reason, valid_from, valid_to)
SELECT r.value ->> 0, r.value ->> 1, r.value ->> 2, r.value ->> 3, r.value ->> 4, r.value ->> 5, r.value ->> 6,
    r.value ->> 7, r.value ->> 8, r.value ->> 9, r.value ->> 10
FROM json_each('[
    ["req-1", "assignment_creation", "FAILED", "222222222222", "arn:aws:sso:::permissionSet/ssoins-1/ps-deploy", "GROUP", "g-devs", "2026-01-09T10:00:00Z", "Received a 403 status error: \"protected\"", 1, 4],
    ["req-2", "assignment_creation", "IN_PROGRESS", null, null, null, null, "2026-02-10T01:59:00Z", null, 2, 3],
    ["req-2", "assignment_creation", "FAILED", "222222222222", "arn:aws:sso:::permissionSet/ssoins-1/ps-deploy", "GROUP", "g-devs", "2026-02-10T01:59:00Z", "The policy does not exist.", 3, null],
    ["req-3", "assignment_deletion", "SUCCEEDED", null, null, null, null, "2026-03-01T10:00:00Z", null, 3, null],
    ["req-4", "permission_set_provisioning", "FAILED", "044444444444", "arn:aws:sso:::permissionSet/ssoins-1/ps-deploy", null, null, "2026-04-01T10:00:00Z", "The account is suspended.", 4, null],
    ["req-5", "assignment_creation", "FAILED", "333333333333", "arn:aws:sso:::permissionSet/ssoins-1/ps-deploy", "USER", "u-gone", "2026-04-02T10:00:00Z", "User not found: \"u-gone\"", 4, null]
]') AS r;
INSERT INTO access_control_attributes_versions (instance_arn, key, source, status, valid_from)
VALUES ('arn:aws:sso:::instance/ssoins-1', 'team', '${path:enterprise.department}', 'ENABLED', 1);
INSERT INTO trusted_token_issuers_versions (trusted_token_issuer_arn, name, type, issuer_url, valid_from)
VALUES ('arn:aws:sso::111111111111:trustedTokenIssuer/ssoins-1/tti-1', 'Login', 'OIDC_JWT', 'https://login.example.com', 1);
INSERT INTO applications_versions (application_arn, name, application_account_id, provider_arn, status, assignment_required,
    portal_visibility, created_at, valid_from)
VALUES ('arn:aws:sso::111111111111:application/ssoins-1/apl-wiki', 'Wiki', '111111111111', 'arn:aws:sso::aws:applicationProvider/custom-saml', 'ENABLED', 1, 'ENABLED', '2025-05-01T00:00:00Z', 1),
       ('arn:aws:sso::222222222222:application/ssoins-1/apl-menu', 'Lunch "menu"', '222222222222', 'arn:aws:sso::aws:applicationProvider/custom', 'ENABLED', 0, NULL, '2025-06-01T00:00:00Z', 1),
       ('arn:aws:sso::111111111111:application/ssoins-1/apl-pay', 'Payroll, old', '111111111111', 'arn:aws:sso::aws:applicationProvider/custom', 'DISABLED', 1, 'DISABLED', '2025-07-01T00:00:00Z', 2);
INSERT INTO application_assignments_versions (application_arn, principal_type, principal_id, valid_from)
VALUES ('arn:aws:sso::111111111111:application/ssoins-1/apl-wiki', 'GROUP', 'g-devs', 1),
       ('arn:aws:sso::111111111111:application/ssoins-1/apl-wiki', 'USER', 'u-sam2', 1),
       ('arn:aws:sso::111111111111:application/ssoins-1/apl-wiki', 'USER', 'u-carl', 1),
       ('arn:aws:sso::222222222222:application/ssoins-1/apl-menu', 'GROUP', 'g-empty', 1),
       ('arn:aws:sso::111111111111:application/ssoins-1/apl-pay', 'GROUP', 'g-gone', 2);
INSERT INTO application_grants_versions (application_arn, grant_type, settings, valid_from)
VALUES ('arn:aws:sso::222222222222:application/ssoins-1/apl-menu', 'authorization_code', '{"RedirectUris":["https://menu.example.com"]}', 1);
INSERT INTO application_access_scopes_versions (application_arn, scope, valid_from)
VALUES ('arn:aws:sso::222222222222:application/ssoins-1/apl-menu', 'sso:account:access', 1);
INSERT INTO application_authentication_methods_versions (application_arn, method, actor_policy, valid_from)
VALUES ('arn:aws:sso::222222222222:application/ssoins-1/apl-menu', 'IAM', '{"Version":"2012-10-17","Statement":[]}', 1);
INSERT INTO provisioned_permission_sets_versions (account_id, permission_set_arn, provisioning_status, valid_from)
SELECT DISTINCT account_id, permission_set_arn, 'LATEST_PERMISSION_SET_PROVISIONED', 1 FROM account_assignments_versions;

INSERT INTO service_last_accessed_versions (entity_id, policy_id, service_namespace, entity_type, entity_path,
    service_name, last_authenticated_at, last_authenticated_region, total_authenticated_entities, valid_from)
VALUES ('r-f1', '', 's3', 'root', 'o-fixture/r-f1', 'Amazon S3', '2026-04-01T00:00:00Z', 'eu-west-1', 3, 1),
       ('r-f1', '', 'braket', 'root', 'o-fixture/r-f1', 'Amazon Braket', NULL, NULL, NULL, 1),
       ('ou-f1-prod', '', 'ec2', 'organizational_unit', 'o-fixture/r-f1/ou-f1-prod', 'Amazon EC2', NULL, NULL, NULL, 1),
       ('111111111111', '', 'ec2', 'account', 'o-fixture/r-f1/111111111111', 'Amazon EC2', NULL, NULL, NULL, 1),
       ('111111111111', 'p-deny', 'ec2', 'account', 'o-fixture/r-f1/111111111111', 'Amazon EC2', NULL, NULL, NULL, 1);
