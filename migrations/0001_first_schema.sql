-- The first schema: snapshots, what each could see, and the versions of every resource's rows.
--
-- A row of <name>_versions holds from the snapshot valid_from on and no longer in the snapshot valid_to;
-- while it still holds, valid_to is NULL. The views that people query are derived from these tables by code.

CREATE TABLE census (
    only_row        INTEGER PRIMARY KEY CHECK (only_row = 1), -- a database belongs to one organization
    organization_id TEXT, -- id of the organization, o-…; NULL for an instance outside an organization
    instance_arn    TEXT, -- ARN of the Identity Center instance; NULL where there is none
    created_at      TEXT NOT NULL -- when this database was created, UTC
) STRICT;

CREATE TABLE snapshots (
    snapshot_id         INTEGER PRIMARY KEY, -- number of the snapshot, rising
    taken_at            TEXT NOT NULL, -- time of the first call, UTC
    completed_at        TEXT NOT NULL, -- time of the last call, UTC
    status              TEXT NOT NULL CHECK (status IN ('complete', 'partial')), -- complete, or partial when something that was asked for could not be seen
    organization_id     TEXT, -- id of the organization
    instance_arn        TEXT, -- ARN of the Identity Center instance
    identity_store_id   TEXT, -- id of its identity store
    region              TEXT, -- the instance's primary Region
    caller_arn          TEXT, -- who collected it (sts:GetCallerIdentity)
    label               TEXT, -- free text
    tool_version        TEXT NOT NULL, -- version of orgcensus
    api_calls           INTEGER NOT NULL, -- calls sent to AWS, retries included
    throttled_calls     INTEGER NOT NULL, -- calls that AWS throttled
    assignment_strategy TEXT, -- how assignments were listed: pairs or principals
    suspect             TEXT, -- why the snapshot looks wrong; NULL when it does not
    collection_id       TEXT NOT NULL UNIQUE -- random id of the collection, so that nothing is published twice
) STRICT;

CREATE TABLE coverage (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    status      TEXT NOT NULL CHECK (status IN ('complete', 'partial', 'not_collected', 'unavailable')), -- complete, partial, not_collected (not asked for) or unavailable (cannot be seen from here)
    rows        INTEGER NOT NULL, -- rows alive in the snapshot, carried ones included
    gaps        INTEGER NOT NULL, -- gaps of kind denied or failed
    reason      TEXT, -- why, unless complete
    PRIMARY KEY (snapshot_id, resource)
) STRICT, WITHOUT ROWID;

CREATE TABLE gaps (
    snapshot_id   INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource      TEXT NOT NULL, -- name of the resource
    scope         TEXT NOT NULL, -- which rows: a JSON object of column to value; {} is all
    kind          TEXT NOT NULL CHECK (kind IN ('denied', 'failed', 'not_asked', 'unavailable')), -- denied, failed, not_asked or unavailable
    operation     TEXT, -- the AWS operation that did not answer
    error_code    TEXT, -- AWS's error code
    error_message TEXT, -- AWS's message, or the reason
    attempts      INTEGER NOT NULL, -- how often it was tried
    request_id    TEXT, -- AWS's request id of the last attempt
    observed_at   TEXT, -- when, UTC
    seen_columns  TEXT, -- the columns of narrower scopes in it that were seen all the same (seen_under_gaps): a JSON array of arrays; NULL: none
    PRIMARY KEY (snapshot_id, resource, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE seen_under_gaps (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    scope       TEXT NOT NULL, -- which rows: a JSON object of column to value, narrower than a gap of the snapshot
    PRIMARY KEY (snapshot_id, resource, scope)
) STRICT, WITHOUT ROWID;

CREATE TABLE gap_columns (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    columns     TEXT NOT NULL, -- columns that the scope of a gap names: a JSON array; [] of a gap over all rows
    PRIMARY KEY (snapshot_id, resource, columns)
) STRICT, WITHOUT ROWID;
-- With these, whether a gap hides a row is one probe for each set of columns, however many gaps there are.
CREATE TRIGGER gap_columns_of_a_gap AFTER INSERT ON gaps BEGIN
    INSERT OR IGNORE INTO gap_columns
    SELECT new.snapshot_id, new.resource, json_group_array(key) FROM json_each(new.scope);
END;

CREATE TABLE access_report_jobs (
    snapshot_id           INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    entity_id             TEXT NOT NULL, -- id of the root, OU or account
    policy_id             TEXT NOT NULL, -- the service control policy, empty for the entity's own report
    job_status            TEXT NOT NULL, -- COMPLETED or FAILED
    created_at            TEXT, -- when the job was created, UTC
    completed_at          TEXT, -- when it was completed, UTC
    services_accessible   INTEGER, -- services that service control policies allow
    services_not_accessed INTEGER, -- of these, services without an attempt in AWS's tracking period
    error_code            TEXT, -- why it failed
    error_message         TEXT, -- why it failed, in words
    PRIMARY KEY (snapshot_id, entity_id, policy_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE organization_versions (
    organization_id TEXT NOT NULL, -- id of the organization, o-…
    arn TEXT, -- ARN of the organization
    feature_set TEXT, -- ALL or CONSOLIDATED_BILLING
    management_account_id TEXT, -- id of the management account
    management_account_email TEXT, -- e-mail address of the management account's root user
    management_account_arn TEXT, -- ARN of the management account
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (organization_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_open ON organization_versions (organization_id) WHERE valid_to IS NULL;
CREATE INDEX organization_began ON organization_versions (valid_from);
CREATE INDEX organization_ended ON organization_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE roots_versions (
    root_id TEXT NOT NULL, -- id of the root, r-…
    arn TEXT, -- ARN of the root
    name TEXT, -- name of the root
    policy_types TEXT, -- policy types and whether each is enabled, a JSON array of {Type, Status}
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (root_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX roots_open ON roots_versions (root_id) WHERE valid_to IS NULL;
CREATE INDEX roots_began ON roots_versions (valid_from);
CREATE INDEX roots_ended ON roots_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE organizational_units_versions (
    ou_id TEXT NOT NULL, -- id of the OU, ou-…
    arn TEXT, -- ARN of the OU
    name TEXT, -- name of the OU
    parent_id TEXT, -- id of the root or OU that it is in
    entity_path TEXT, -- ids from the organization down to the OU, joined by slashes, no slash at the end
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (ou_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX organizational_units_open ON organizational_units_versions (ou_id) WHERE valid_to IS NULL;
CREATE INDEX organizational_units_began ON organizational_units_versions (valid_from);
CREATE INDEX organizational_units_ended ON organizational_units_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE accounts_versions (
    account_id TEXT NOT NULL, -- 12-digit id of the account
    arn TEXT, -- ARN of the account
    name TEXT, -- name of the account
    email TEXT, -- e-mail address of the account's root user
    state TEXT, -- PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE or CLOSED
    joined_method TEXT, -- INVITED or CREATED
    joined_at TEXT, -- when it joined the organization, UTC
    parent_id TEXT, -- id of the root or OU that it is in
    entity_path TEXT, -- ids from the organization down to the account, joined by slashes
    is_management_account INTEGER, -- 1 for the organization's management account; NULL when not known
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX accounts_open ON accounts_versions (account_id) WHERE valid_to IS NULL;
CREATE INDEX accounts_began ON accounts_versions (valid_from);
CREATE INDEX accounts_ended ON accounts_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX accounts_by_name ON accounts_versions (name);
CREATE INDEX accounts_by_email ON accounts_versions (email);

CREATE TABLE users_versions (
    user_id TEXT NOT NULL, -- id of the user in the identity store
    user_name TEXT, -- the name that the user signs in with
    display_name TEXT, -- name as the access portal shows it
    given_name TEXT, -- first name
    family_name TEXT, -- last name
    primary_email TEXT, -- the primary e-mail address, or the only one
    user_status TEXT, -- ENABLED or DISABLED; NULL where AWS does not say
    user_type TEXT, -- free text from the identity source
    title TEXT, -- job title
    user_arn TEXT, -- ARN of the user
    nick_name TEXT, -- nickname
    formatted_name TEXT, -- full name, formatted
    middle_name TEXT, -- middle name
    honorific_prefix TEXT, -- e.g. Dr.
    honorific_suffix TEXT, -- e.g. III
    profile_url TEXT, -- URL of the user's profile
    preferred_language TEXT, -- preferred language
    locale TEXT, -- locale
    timezone TEXT, -- time zone
    website TEXT, -- web site
    birthdate TEXT, -- date of birth
    emails TEXT, -- e-mail addresses, a JSON array of {Value, Type, Primary}
    phone_numbers TEXT, -- phone numbers, a JSON array of {Value, Type, Primary}
    addresses TEXT, -- postal addresses, a JSON array
    photos TEXT, -- photos, a JSON array
    roles TEXT, -- roles given by the identity source, a JSON array
    external_ids TEXT, -- ids in the identity source, a JSON array of {Issuer, Id}
    extensions TEXT, -- extended attributes where AWS returns them, a JSON object
    created_at TEXT, -- when the user was created, UTC
    created_by TEXT, -- who created the user
    updated_at TEXT, -- when the user was last written, UTC; every directory sync touches it, so it makes no new version
    updated_by TEXT, -- who wrote the user last; makes no new version
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (user_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX users_open ON users_versions (user_id) WHERE valid_to IS NULL;
CREATE INDEX users_began ON users_versions (valid_from);
CREATE INDEX users_ended ON users_versions (valid_to) WHERE valid_to IS NOT NULL;
-- Covers the names in effective_access: the rows themselves are ten times as wide.
CREATE INDEX users_by_user_id ON users_versions (user_id, valid_from, valid_to, user_name, user_status);
CREATE INDEX users_by_user_name ON users_versions (user_name);
CREATE INDEX users_by_primary_email ON users_versions (primary_email);

CREATE TABLE groups_versions (
    group_id TEXT NOT NULL, -- id of the group in the identity store
    display_name TEXT, -- name of the group
    description TEXT, -- description
    external_ids TEXT, -- ids in the identity source, a JSON array of {Issuer, Id}
    group_arn TEXT, -- ARN of the group
    created_at TEXT, -- when the group was created, UTC
    created_by TEXT, -- who created the group
    updated_at TEXT, -- when the group was last written, UTC; makes no new version
    updated_by TEXT, -- who wrote the group last; makes no new version
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (group_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX groups_open ON groups_versions (group_id) WHERE valid_to IS NULL;
CREATE INDEX groups_began ON groups_versions (valid_from);
CREATE INDEX groups_ended ON groups_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX groups_by_display_name ON groups_versions (display_name);

CREATE TABLE group_memberships_versions (
    group_id TEXT NOT NULL, -- id of the group
    user_id TEXT NOT NULL, -- id of the member
    membership_id TEXT, -- id of the membership
    membership_arn TEXT, -- ARN of the membership
    created_at TEXT, -- when the user was added, UTC
    created_by TEXT, -- who added the user
    updated_at TEXT, -- when the membership was last written, UTC; makes no new version
    updated_by TEXT, -- who wrote the membership last; makes no new version
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (group_id, user_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX group_memberships_open ON group_memberships_versions (group_id, user_id) WHERE valid_to IS NULL;
CREATE INDEX group_memberships_began ON group_memberships_versions (valid_from);
CREATE INDEX group_memberships_ended ON group_memberships_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX group_memberships_by_user_id ON group_memberships_versions (user_id, valid_from, valid_to);

CREATE TABLE permission_sets_versions (
    permission_set_arn TEXT NOT NULL, -- ARN of the permission set; a set that is deleted and made again has another
    name TEXT, -- name of the permission set
    description TEXT, -- description
    session_duration TEXT, -- how long a session lasts, an ISO 8601 duration such as PT8H
    relay_state TEXT, -- where the console opens
    created_at TEXT, -- when the permission set was created, UTC
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (permission_set_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX permission_sets_open ON permission_sets_versions (permission_set_arn) WHERE valid_to IS NULL;
CREATE INDEX permission_sets_began ON permission_sets_versions (valid_from);
CREATE INDEX permission_sets_ended ON permission_sets_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX permission_sets_by_name ON permission_sets_versions (name);

CREATE TABLE permission_set_policies_versions (
    permission_set_arn TEXT NOT NULL, -- ARN of the permission set
    kind TEXT NOT NULL, -- aws_managed, customer_managed, inline or permissions_boundary
    policy TEXT NOT NULL, -- ARN of an AWS managed policy; path and name of a customer managed one; inline for an inline one
    policy_name TEXT, -- name of the policy, where AWS returns it
    policy_path TEXT, -- path of a customer managed policy, / unless set
    document TEXT, -- the JSON document of an inline policy, as AWS returned it
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (permission_set_arn, kind, policy, valid_from)
) STRICT;
CREATE UNIQUE INDEX permission_set_policies_open ON permission_set_policies_versions (permission_set_arn, kind, policy) WHERE valid_to IS NULL;
CREATE INDEX permission_set_policies_began ON permission_set_policies_versions (valid_from);
CREATE INDEX permission_set_policies_ended ON permission_set_policies_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE provisioned_permission_sets_versions (
    account_id TEXT NOT NULL, -- id of the account
    permission_set_arn TEXT NOT NULL, -- ARN of the permission set
    provisioning_status TEXT, -- LATEST_PERMISSION_SET_PROVISIONED or LATEST_PERMISSION_SET_NOT_PROVISIONED
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, permission_set_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX provisioned_permission_sets_open ON provisioned_permission_sets_versions (account_id, permission_set_arn) WHERE valid_to IS NULL;
CREATE INDEX provisioned_permission_sets_began ON provisioned_permission_sets_versions (valid_from);
CREATE INDEX provisioned_permission_sets_ended ON provisioned_permission_sets_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE account_assignments_versions (
    account_id TEXT NOT NULL, -- id of the account
    permission_set_arn TEXT NOT NULL, -- ARN of the permission set
    principal_type TEXT NOT NULL, -- USER or GROUP
    principal_id TEXT NOT NULL, -- id of the user or group; it may no longer exist
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, permission_set_arn, principal_type, principal_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX account_assignments_open ON account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id) WHERE valid_to IS NULL;
CREATE INDEX account_assignments_began ON account_assignments_versions (valid_from);
CREATE INDEX account_assignments_ended ON account_assignments_versions (valid_to) WHERE valid_to IS NOT NULL;
-- Covers the assignments of a principal: of a group of many accounts, each would else be a page to read.
CREATE INDEX account_assignments_by_principal_id ON account_assignments_versions (principal_id, principal_type, account_id, permission_set_arn, valid_from, valid_to);
CREATE INDEX account_assignments_by_permission_set_arn ON account_assignments_versions (permission_set_arn, valid_from, valid_to);

CREATE TABLE service_last_accessed_versions (
    entity_id TEXT NOT NULL, -- id of the root, OU or account that the report is about
    policy_id TEXT NOT NULL, -- the service control policy that the report was narrowed to; empty for the entity's own report
    service_namespace TEXT NOT NULL, -- the service's namespace, e.g. s3
    entity_type TEXT NOT NULL, -- root, organizational_unit or account
    entity_path TEXT, -- ids from the organization down to the entity
    service_name TEXT, -- the service's name
    last_authenticated_at TEXT, -- the latest attempt, denied ones included, UTC; NULL: no attempt seen in AWS's tracking period
    last_authenticated_region TEXT, -- Region of the latest attempt
    last_authenticated_entity TEXT, -- path of the account that made the latest attempt
    total_authenticated_entities INTEGER, -- how many accounts attempted it; NULL: no attempt seen in AWS's tracking period
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (entity_id, policy_id, service_namespace, valid_from)
) STRICT;
CREATE UNIQUE INDEX service_last_accessed_open ON service_last_accessed_versions (entity_id, policy_id, service_namespace) WHERE valid_to IS NULL;
CREATE INDEX service_last_accessed_began ON service_last_accessed_versions (valid_from);
CREATE INDEX service_last_accessed_ended ON service_last_accessed_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE tags_versions (
    resource_type TEXT NOT NULL, -- root, organizational_unit, account or permission_set
    resource_id TEXT NOT NULL, -- id of what is tagged; the ARN of a permission set
    key TEXT NOT NULL, -- key of the tag
    value TEXT, -- value of the tag; may be empty
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (resource_type, resource_id, key, valid_from)
) STRICT;
CREATE UNIQUE INDEX tags_open ON tags_versions (resource_type, resource_id, key) WHERE valid_to IS NULL;
CREATE INDEX tags_began ON tags_versions (valid_from);
CREATE INDEX tags_ended ON tags_versions (valid_to) WHERE valid_to IS NOT NULL;
