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
