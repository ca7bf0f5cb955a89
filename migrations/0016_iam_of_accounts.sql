-- IAM of the accounts: its users, groups, roles and policies, what is attached to whom, and when roles were last used.

CREATE TABLE iam_users_versions (
    account_id TEXT NOT NULL, -- id of the account
    user_name TEXT NOT NULL, -- name of the user, which an account has once
    user_id TEXT, -- AWS's id of the user, AIDA…
    arn TEXT, -- ARN of the user
    path TEXT, -- path of the user, / unless set
    created_at TEXT, -- when the user was created, UTC
    permissions_boundary_arn TEXT, -- the policy that is its permissions boundary, if any
    tags TEXT, -- its tags, a JSON array of {Key, Value}
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, user_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_users_open ON iam_users_versions (account_id, user_name) WHERE valid_to IS NULL;
CREATE INDEX iam_users_began ON iam_users_versions (valid_from);
CREATE INDEX iam_users_ended ON iam_users_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_groups_versions (
    account_id TEXT NOT NULL, -- id of the account
    group_name TEXT NOT NULL, -- name of the group, which an account has once
    group_id TEXT, -- AWS's id of the group, AGPA…
    arn TEXT, -- ARN of the group
    path TEXT, -- path of the group, / unless set
    created_at TEXT, -- when the group was created, UTC
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, group_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_groups_open ON iam_groups_versions (account_id, group_name) WHERE valid_to IS NULL;
CREATE INDEX iam_groups_began ON iam_groups_versions (valid_from);
CREATE INDEX iam_groups_ended ON iam_groups_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_group_members_versions (
    account_id TEXT NOT NULL, -- id of the account
    group_name TEXT NOT NULL, -- name of the group
    user_name TEXT NOT NULL, -- name of the user
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, group_name, user_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_group_members_open ON iam_group_members_versions (account_id, group_name, user_name) WHERE valid_to IS NULL;
CREATE INDEX iam_group_members_began ON iam_group_members_versions (valid_from);
CREATE INDEX iam_group_members_ended ON iam_group_members_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_roles_versions (
    account_id TEXT NOT NULL, -- id of the account
    role_name TEXT NOT NULL, -- name of the role, which an account has once
    role_id TEXT, -- AWS's id of the role, AROA…
    arn TEXT, -- ARN of the role
    path TEXT, -- path of the role, / unless set
    created_at TEXT, -- when the role was created, UTC
    description TEXT, -- description of the role
    max_session_duration INTEGER, -- how long a session may last at most, in seconds
    trust_policy TEXT, -- who may assume the role, JSON
    permissions_boundary_arn TEXT, -- the policy that is its permissions boundary, if any
    instance_profiles TEXT, -- its instance profiles, a JSON array
    source_template TEXT, -- the template that the role was made from, JSON
    tags TEXT, -- its tags, a JSON array of {Key, Value}
    trust_policy_hash TEXT, -- hash of what trust_policy says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, role_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_roles_open ON iam_roles_versions (account_id, role_name) WHERE valid_to IS NULL;
CREATE INDEX iam_roles_began ON iam_roles_versions (valid_from);
CREATE INDEX iam_roles_ended ON iam_roles_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_role_activity_versions (
    account_id TEXT NOT NULL, -- id of the account
    role_name TEXT NOT NULL, -- name of the role
    last_used_at TEXT, -- when the role was last used, at least as recent as this, UTC; NULL: no use in AWS's tracking period
    last_used_region TEXT, -- Region of that use
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, role_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_role_activity_open ON iam_role_activity_versions (account_id, role_name) WHERE valid_to IS NULL;
CREATE INDEX iam_role_activity_began ON iam_role_activity_versions (valid_from);
CREATE INDEX iam_role_activity_ended ON iam_role_activity_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_policies_versions (
    account_id TEXT NOT NULL, -- id of the account
    policy_arn TEXT NOT NULL, -- ARN of the policy
    name TEXT, -- name of the policy
    path TEXT, -- path of the policy, / unless set
    policy_id TEXT, -- AWS's id of the policy, ANPA…
    description TEXT, -- description of the policy
    default_version_id TEXT, -- the version that is in force, e.g. v5
    document TEXT, -- the policy, JSON
    created_at TEXT, -- when the policy was created, UTC
    updated_at TEXT, -- when its version in force was made or chosen, UTC
    versions TEXT, -- its versions, a JSON array of {VersionId, IsDefaultVersion, CreateDate}
    is_attachable INTEGER, -- 1 where it can be attached
    attachment_count INTEGER, -- to how many users, groups and roles it is attached
    boundary_usage_count INTEGER, -- of how many users and roles it is the permissions boundary
    document_hash TEXT, -- hash of what document says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, policy_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_policies_open ON iam_policies_versions (account_id, policy_arn) WHERE valid_to IS NULL;
CREATE INDEX iam_policies_began ON iam_policies_versions (valid_from);
CREATE INDEX iam_policies_ended ON iam_policies_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_policy_attachments_versions (
    account_id TEXT NOT NULL, -- id of the account
    principal_type TEXT NOT NULL, -- USER, GROUP or ROLE
    principal_name TEXT NOT NULL, -- name of the user, group or role
    kind TEXT NOT NULL, -- managed or inline
    policy TEXT NOT NULL, -- ARN of a managed policy, name of an inline one
    policy_name TEXT, -- name of the policy
    document TEXT, -- the policy, JSON; NULL of a managed one, which is found by its ARN
    document_hash TEXT, -- hash of what document says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, principal_type, principal_name, kind, policy, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_policy_attachments_open ON iam_policy_attachments_versions (account_id, principal_type, principal_name, kind, policy) WHERE valid_to IS NULL;
CREATE INDEX iam_policy_attachments_began ON iam_policy_attachments_versions (valid_from);
CREATE INDEX iam_policy_attachments_ended ON iam_policy_attachments_versions (valid_to) WHERE valid_to IS NOT NULL;
