-- What the census of fixture.sql has none of: a moved account, tags, a permission set like another, one that is gone, one
-- that is assigned to nobody, a group created again, a second user of one address, and access that came back.
UPDATE coverage SET status = 'complete', reason = NULL, rows = 5 WHERE resource = 'tags';
INSERT INTO tags_versions (resource_type, resource_id, key, value, valid_from)
VALUES ('account', '222222222222', 'Environment', 'prod', 1),
       ('account', '044444444444', 'Environment', 'dev', 1),
       ('account', '222222222222', 'owner', 'ana', 1),
       ('account', '333333333333', 'owner', '', 1);
UPDATE accounts_versions SET valid_to = 3 WHERE account_id = '666666666666';
INSERT INTO accounts_versions (account_id, name, email, state, parent_id, entity_path, is_management_account, valid_from)
VALUES ('666666666666', 'twin', 'aws+twin2@example.com', 'ACTIVE', 'ou-f1-prod', 'o-fixture/r-f1/ou-f1-prod/666666666666', 0, 3);
INSERT INTO permission_sets_versions (permission_set_arn, name, session_duration, valid_from, valid_to)
VALUES ('arn:aws:sso:::permissionSet/ssoins-1/ps-twin', 'DeployTwin', 'P1DT30M', 3, NULL),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-old', 'Old', NULL, 1, 3);
INSERT INTO permission_set_policies_versions (permission_set_arn, kind, policy, policy_name, policy_path, document, valid_from)
VALUES ('arn:aws:sso:::permissionSet/ssoins-1/ps-twin', 'customer_managed', '/team/deploy', 'deploy', '/team/', NULL, 3),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-twin', 'permissions_boundary', '/boundary', 'boundary', '/', NULL, 3),
       ('arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'aws_managed', 'arn:aws:iam::aws:policy/ViewOnlyAccess', 'ViewOnlyAccess', NULL, NULL, 4);
UPDATE managed_policies_versions SET valid_to = 4 WHERE name = 'ReadOnlyAccess';
INSERT INTO managed_policies_versions (policy_arn, name, path, version_id, document, created_at, updated_at, is_aws_managed, valid_from)
VALUES ('arn:aws:iam::aws:policy/ReadOnlyAccess', 'ReadOnlyAccess', '/', 'v101',
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["ec2:Describe*","iam:Get*","iam:List*","s3:Get*","s3:List*"],"Resource":"*"}]}',
        '2015-02-06T18:39:48Z', '2026-04-01T00:00:00Z', 1, 4);
INSERT INTO groups_versions (group_id, display_name, description, created_at, valid_from)
VALUES ('g-gone-2', 'gone', NULL, '2026-04-02T00:00:00Z', 4);
INSERT INTO users_versions (user_id, user_name, display_name, primary_email, user_status, valid_from)
VALUES ('u-bob2', 'bob.two', 'Bob', 'BOB@example.com', 'ENABLED', 4);
INSERT INTO account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id, valid_from, valid_to)
VALUES ('333333333333', 'arn:aws:sso:::permissionSet/ssoins-1/ps-read', 'USER', 'u-ana', 1, 2),
       ('333333333333', 'arn:aws:sso:::permissionSet/ssoins-1/ps-read', 'USER', 'u-ana', 4, NULL);
INSERT INTO group_memberships_versions (group_id, user_id, membership_id, created_at, valid_from, valid_to)
VALUES ('g-empty', 'u-sam2', 'm-6', '2026-01-03T12:00:00Z', 1, 2),
       ('g-empty', 'u-sam2', 'm-7', '2026-02-20T12:00:00Z', 3, 4);
UPDATE provisioned_permission_sets_versions SET provisioning_status = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
WHERE account_id = '333333333333';
DELETE FROM provisioned_permission_sets_versions WHERE account_id = '222222222222' AND permission_set_arn LIKE '%/ps-read';
INSERT INTO service_last_accessed_versions (entity_id, policy_id, service_namespace, entity_type, entity_path,
    service_name, last_authenticated_at, last_authenticated_region, total_authenticated_entities, valid_from)
VALUES ('r-f1', 'p-FullAWSAccess', 's3', 'root', 'o-fixture/r-f1', 'Amazon S3', '2026-04-01T00:00:00Z', 'eu-west-1', 3, 4);
INSERT INTO access_report_jobs (snapshot_id, entity_id, policy_id, job_status, created_at, completed_at,
    services_accessible, services_not_accessed)
VALUES (4, 'r-f1', 'p-FullAWSAccess', 'COMPLETED', '2026-04-10T02:00:20Z', '2026-04-10T02:00:30Z', 1, 0);
INSERT INTO snapshot_hashes (snapshot_id, taken_at, completed_at, content, content_hash, facts, facts_hash, snapshot_hash)
VALUES (4, '2026-04-10T02:00:00Z', '2026-04-10T02:01:00Z', '{"users":"sha256:aa","groups":"sha256:bb"}', 'c', '{}', 'f', 's');
-- IAM of two accounts was read, and of no other.
INSERT INTO coverage (snapshot_id, resource, status, rows, gaps, reason, not_asked, carried)
SELECT 4, r.value, 'limited', 5, 0, 'only some accounts were asked', 1, 0
FROM json_each('["iam_users", "iam_groups", "iam_group_members", "iam_roles", "iam_role_activity", "iam_policies", "iam_policy_attachments",
    "iam_credentials", "iam_credential_activity"]') AS r;
INSERT INTO gaps (snapshot_id, resource, scope, kind, error_message, attempts, observed_at, seen_columns)
SELECT 4, resource, '{}', 'not_asked', 'only some accounts were asked', 0, '2026-04-10T02:00:30Z', '[["account_id"]]'
FROM coverage WHERE snapshot_id = 4 AND resource LIKE 'iam!_%' ESCAPE '!';
INSERT INTO seen_under_gaps (snapshot_id, resource, scope)
SELECT 4, c.resource, json_object('account_id', a.value)
FROM coverage AS c, json_each('["111111111111", "222222222222"]') AS a
WHERE c.snapshot_id = 4 AND c.resource LIKE 'iam!_%' ESCAPE '!';
INSERT INTO iam_users_versions (account_id, user_name, user_id, arn, path, created_at, permissions_boundary_arn, tags, valid_from)
VALUES ('111111111111', 'ana@example.com', 'AIDA1', 'arn:aws:iam::111111111111:user/ana@example.com', '/', '2020-01-01T00:00:00Z', NULL,
        '[{"Key":"team","Value":"a, \"b\""}]', 4),
       ('222222222222', 'ci', 'AIDA2', 'arn:aws:iam::222222222222:user/automation/ci', '/automation/', '2024-06-01T00:00:00Z',
        'arn:aws:iam::222222222222:policy/boundary', NULL, 4);
-- Of one account the report is read: ci is in it, and a user whose namesake was created since. Of the other it is not.
INSERT INTO iam_users_versions (account_id, user_name, arn, created_at, valid_from)
VALUES ('222222222222', 'again', 'arn:aws:iam::222222222222:user/again', '2026-04-10T01:00:00Z', 4),
       ('222222222222', 'mona', 'arn:aws:iam::222222222222:user/mona', '2021-06-01T00:00:00Z', 4);
INSERT INTO iam_credentials_versions (account_id, user_name, user_creation_time, password_enabled, password_enabled_status,
    password_last_changed, mfa_active, mfa_active_status, access_key_1_active, access_key_1_last_rotated, access_key_2_active,
    access_key_2_last_rotated, cert_1_active, cert_2_active, valid_from)
VALUES ('222222222222', '<root_account>', '2019-01-01T00:00:00Z', NULL, 'not_supported', NULL, 0, NULL,
        1, '2019-01-01T00:00:00Z', 0, NULL, 0, 0, 4),
       ('222222222222', 'again', '2020-01-01T00:00:00Z', 1, NULL, '2020-01-01T00:00:00Z', 1, NULL, 0, NULL, 0, NULL, 0, 0, 4),
       ('222222222222', 'ci', '2024-06-01T00:00:00Z', 0, NULL, NULL, 0, NULL, 1, '2024-06-01T00:00:00Z', 1, '2026-03-01T00:00:00Z', 0, 0, 4),
       ('222222222222', 'mona', '2021-06-01T00:00:00Z', 1, NULL, '2021-06-01T00:00:00Z', 0, NULL, 1, '2025-12-01T00:00:00Z', 0, NULL, 0, 0, 4),
       ('222222222222', 'odd', '2021-06-01T00:00:00Z', NULL, 'pending', NULL, NULL, 'pending', 0, NULL, 0, NULL, 0, 0, 4);
INSERT INTO iam_credential_activity_versions (account_id, user_name, credential, last_used_at, last_used_region,
    last_used_service, last_used_status, valid_from)
VALUES ('222222222222', '<root_account>', 'password', '2025-01-01T00:00:00Z', NULL, NULL, NULL, 4),
       ('222222222222', '<root_account>', 'access_key_1', NULL, NULL, NULL, 'N/A', 4),
       ('222222222222', 'ci', 'access_key_1', '2026-04-09T00:00:00Z', 'eu-west-1', 's3', NULL, 4),
       ('222222222222', 'ci', 'access_key_2', NULL, NULL, NULL, 'N/A', 4),
       ('222222222222', 'mona', 'password', NULL, NULL, NULL, 'no_information', 4),
       ('222222222222', 'mona', 'access_key_1', '2025-12-20T00:00:00Z', 'us-east-1', 'ec2', NULL, 4);
INSERT INTO iam_credential_reports (snapshot_id, account_id, generated_at) VALUES (4, '222222222222', '2026-04-10T00:30:00Z');
INSERT INTO iam_groups_versions (account_id, group_name, group_id, arn, path, created_at, valid_from)
VALUES ('222222222222', 'builders', 'AGPA1', 'arn:aws:iam::222222222222:group/builders', '/', '2024-06-01T00:00:00Z', 4);
INSERT INTO iam_group_members_versions (account_id, group_name, user_name, valid_from) VALUES ('222222222222', 'builders', 'ci', 4);
INSERT INTO iam_policies_versions (account_id, policy_arn, name, path, default_version_id, document, valid_from)
VALUES ('222222222222', 'arn:aws:iam::222222222222:policy/team/deploy', 'deploy', '/team/', 'v3',
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":["s3:PutObject","iam:CreatePolicyVersion"],"Resource":"*"}}', 4),
       ('222222222222', 'arn:aws:iam::222222222222:policy/boundary', 'boundary', '/', 'v1', NULL, 4);
INSERT INTO iam_policy_attachments_versions (account_id, principal_type, principal_name, kind, policy, policy_name, document, valid_from)
VALUES ('222222222222', 'USER', 'ci', 'inline', 'push', 'push',
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"iam:Create*","Resource":"arn:aws:iam::222222222222:policy/team/*"}}', 4),
       ('222222222222', 'USER', 'ci', 'managed', 'arn:aws:iam::222222222222:policy/team/deploy', 'deploy', NULL, 4),
       ('222222222222', 'ROLE', 'partner', 'inline', 'all-but-s3', 'all-but-s3',
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"s3:*","Resource":"*"}}', 4),
       ('222222222222', 'ROLE', 'open', 'inline', 'all-but-iam', 'all-but-iam',
        '{"Version":"2012-10-17","Statement":{"Effect":"Allow","NotAction":"IAM:*","Resource":"*"}}', 4),
       ('222222222222', 'GROUP', 'builders', 'managed', 'arn:aws:iam::aws:policy/ReadOnlyAccess', 'ReadOnlyAccess', NULL, 4),
       ('222222222222', 'GROUP', 'builders', 'managed', 'arn:aws:iam::aws:policy/PowerUserAccess', 'PowerUserAccess', NULL, 4);
-- Of one permission set the role of this instance and one that a former instance left; another's was used; one of no set.
INSERT INTO iam_roles_versions (account_id, role_name, arn, path, created_at, trust_policy, valid_from)
SELECT '222222222222', r.value ->> 0, 'arn:aws:iam::222222222222:role' || (r.value ->> 1) || (r.value ->> 0), r.value ->> 1, '2025-02-03T04:05:06Z',
    CASE r.value ->> 2 WHEN '' THEN NULL ELSE json_object('Version', '2012-10-17', 'Statement', json_array(json_object(
        'Effect', 'Allow', 'Principal', json(r.value ->> 2), 'Action', 'sts:AssumeRole'))) END, 4
FROM json_each('[
    ["AWSReservedSSO_Deploy_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/eu-west-1/", "{\"Federated\":\"arn:aws:iam::222222222222:saml-provider/AWSSSO_1_DO_NOT_DELETE\"}"],
    ["AWSReservedSSO_Deploy_fedcba9876543210", "/aws-reserved/sso.amazonaws.com/", "{\"Federated\":\"arn:aws:iam::222222222222:saml-provider/AWSSSO_0_DO_NOT_DELETE\"}"],
    ["AWSReservedSSO_ReadOnly_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "{\"Federated\":\"arn:aws:iam::222222222222:saml-provider/AWSSSO_1_DO_NOT_DELETE\"}"],
    ["AWSReservedSSO_readonly_0123456789abcdef", "/aws-reserved/sso.amazonaws.com/", "{\"Federated\":\"arn:aws:iam::222222222222:saml-provider/AWSSSO_1_DO_NOT_DELETE\"}"],
    ["AWSReservedSSO_Administrator_0123456789abcdeF", "/aws-reserved/sso.amazonaws.com/", "{\"Federated\":\"arn:aws:iam::222222222222:saml-provider/AWSSSO_1_DO_NOT_DELETE\"}"],
    ["partner", "/", "{\"AWS\":[\"arn:aws:iam::999988887777:root\",\"111111111111\",\"AIDAGONE\"],\"Service\":\"ec2.amazonaws.com\"}"],
    ["open", "/", "\"*\""],
    ["unread", "/", ""]]') AS r;
INSERT INTO iam_role_activity_versions (account_id, role_name, last_used_at, last_used_region, valid_from)
SELECT account_id, role_name, CASE role_name WHEN 'AWSReservedSSO_Deploy_0123456789abcdef' THEN '2026-04-01T00:00:00Z' END, NULL, 4
FROM iam_roles_versions WHERE role_name NOT IN ('unread', 'AWSReservedSSO_ReadOnly_0123456789abcdef');
INSERT INTO organization_policies_versions (policy_id, name, type, aws_managed, document, valid_from)
VALUES ('p-region', 'Europe only', 'SERVICE_CONTROL_POLICY', 0,
        '{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1"]}}}}', 4),
       ('p-ai', 'no AI', 'AISERVICES_OPT_OUT_POLICY', 0, '{"services":{"default":{"opt_out_policy":{"@@assign":"optOut"}}}}', 4);
INSERT INTO organization_policy_targets_versions (policy_id, target_id, target_type, valid_from)
VALUES ('p-region', 'ou-f1-prod', 'ORGANIZATIONAL_UNIT', 4);
