-- The Identity Center instance, its attributes for access control, the issuers that it trusts, and its applications.

CREATE TABLE identity_center_instances_versions (
    instance_arn TEXT NOT NULL, -- ARN of the instance
    name TEXT, -- name of the instance; NULL: it has none
    owner_account_id TEXT, -- id of the account that owns it: the management account, or a member account that made its own
    identity_store_id TEXT, -- id of the identity store with its users and groups, d-…
    identity_store_arn TEXT, -- ARN of the identity store
    status TEXT, -- ACTIVE, CREATE_IN_PROGRESS, CREATE_FAILED or DELETE_IN_PROGRESS
    status_reason TEXT, -- why it has that status
    created_at TEXT, -- when the instance was created, UTC
    primary_region TEXT, -- the Region in which permission sets and assignments are read
    regions TEXT, -- the Regions that it is in, a JSON array of {RegionName, Status, AddedDate, IsPrimaryRegion} by name
    permission_sets_enabled INTEGER, -- 1 where it has permission sets; NULL: not known of an instance other than the one that is collected
    encryption_key_type TEXT, -- AWS_OWNED_KMS_KEY or CUSTOMER_MANAGED_KEY; NULL: not known of an instance other than the one that is collected
    encryption_key_arn TEXT, -- ARN of the customer managed key
    encryption_status TEXT, -- ENABLED, UPDATING or UPDATE_FAILED
    encryption_status_reason TEXT, -- why the encryption has that status
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (instance_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX identity_center_instances_open ON identity_center_instances_versions (instance_arn) WHERE valid_to IS NULL;
CREATE INDEX identity_center_instances_began ON identity_center_instances_versions (valid_from);
CREATE INDEX identity_center_instances_ended ON identity_center_instances_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE access_control_attributes_versions (
    instance_arn TEXT NOT NULL, -- ARN of the instance
    key TEXT NOT NULL, -- key of the session tag that policies may ask for
    source TEXT, -- where its value comes from, e.g. ${path:enterprise.department}; of several, joined by commas
    status TEXT, -- ENABLED, CREATION_IN_PROGRESS or CREATION_FAILED, of all attributes of the instance
    status_reason TEXT, -- why they have that status
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (instance_arn, key, valid_from)
) STRICT;
CREATE UNIQUE INDEX access_control_attributes_open ON access_control_attributes_versions (instance_arn, key) WHERE valid_to IS NULL;
CREATE INDEX access_control_attributes_began ON access_control_attributes_versions (valid_from);
CREATE INDEX access_control_attributes_ended ON access_control_attributes_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE trusted_token_issuers_versions (
    trusted_token_issuer_arn TEXT NOT NULL, -- ARN of the trusted token issuer
    name TEXT, -- name of the trusted token issuer
    type TEXT, -- its type, e.g. OIDC_JWT
    issuer_url TEXT, -- URL of the issuer
    claim_attribute_path TEXT, -- the claim of a token that names the user
    identity_store_attribute_path TEXT, -- the attribute of users that the claim is compared with
    jwks_retrieval_option TEXT, -- how the keys of the issuer are found, e.g. OPEN_ID_DISCOVERY
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (trusted_token_issuer_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX trusted_token_issuers_open ON trusted_token_issuers_versions (trusted_token_issuer_arn) WHERE valid_to IS NULL;
CREATE INDEX trusted_token_issuers_began ON trusted_token_issuers_versions (valid_from);
CREATE INDEX trusted_token_issuers_ended ON trusted_token_issuers_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE applications_versions (
    application_arn TEXT NOT NULL, -- ARN of the application
    name TEXT, -- name of the application; several may have one
    description TEXT, -- description
    application_account_id TEXT, -- id of the account that it was made in
    provider_arn TEXT, -- ARN of its provider: what kind of application it is, e.g. …:applicationProvider/custom-saml
    instance_arn TEXT, -- ARN of the instance
    identity_store_arn TEXT, -- ARN of the identity store
    status TEXT, -- ENABLED or DISABLED
    assignment_required INTEGER, -- 0: every user of the identity store may use it, assigned or not; 1: only who is assigned
    portal_visibility TEXT, -- ENABLED where the access portal shows it, DISABLED where it does not
    portal_origin TEXT, -- where a sign-in begins: IDENTITY_CENTER or APPLICATION
    portal_url TEXT, -- URL where a sign-in begins, where the application has one
    created_at TEXT, -- when the application was created, UTC
    created_from TEXT, -- the Region that it was created from
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (application_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX applications_open ON applications_versions (application_arn) WHERE valid_to IS NULL;
CREATE INDEX applications_began ON applications_versions (valid_from);
CREATE INDEX applications_ended ON applications_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX applications_by_application_account_id ON applications_versions (application_account_id, valid_from, valid_to);

CREATE TABLE application_assignments_versions (
    application_arn TEXT NOT NULL, -- ARN of the application
    principal_type TEXT NOT NULL, -- USER or GROUP
    principal_id TEXT NOT NULL, -- id of the user or group; it may no longer exist
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (application_arn, principal_type, principal_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX application_assignments_open ON application_assignments_versions (application_arn, principal_type, principal_id) WHERE valid_to IS NULL;
CREATE INDEX application_assignments_began ON application_assignments_versions (valid_from);
CREATE INDEX application_assignments_ended ON application_assignments_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX application_assignments_by_principal_id ON application_assignments_versions (principal_id, valid_from, valid_to);

CREATE TABLE application_grants_versions (
    application_arn TEXT NOT NULL, -- ARN of the application
    grant_type TEXT NOT NULL, -- authorization_code, refresh_token, or the URN of another type of grant
    settings TEXT, -- what belongs to the grant, JSON as AWS spells it, e.g. {"RedirectUris": […]}; NULL: nothing
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (application_arn, grant_type, valid_from)
) STRICT;
CREATE UNIQUE INDEX application_grants_open ON application_grants_versions (application_arn, grant_type) WHERE valid_to IS NULL;
CREATE INDEX application_grants_began ON application_grants_versions (valid_from);
CREATE INDEX application_grants_ended ON application_grants_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE application_access_scopes_versions (
    application_arn TEXT NOT NULL, -- ARN of the application
    scope TEXT NOT NULL, -- the scope, e.g. s3:access_grants:read_write
    authorized_targets TEXT, -- what it may be used on, a JSON array of ARNs; NULL: AWS sends none
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (application_arn, scope, valid_from)
) STRICT;
CREATE UNIQUE INDEX application_access_scopes_open ON application_access_scopes_versions (application_arn, scope) WHERE valid_to IS NULL;
CREATE INDEX application_access_scopes_began ON application_access_scopes_versions (valid_from);
CREATE INDEX application_access_scopes_ended ON application_access_scopes_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE application_authentication_methods_versions (
    application_arn TEXT NOT NULL, -- ARN of the application
    method TEXT NOT NULL, -- the method, e.g. IAM
    actor_policy TEXT, -- the policy that says who may act as the application, JSON
    actor_policy_hash TEXT, -- hash of what actor_policy says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (application_arn, method, valid_from)
) STRICT;
CREATE UNIQUE INDEX application_authentication_methods_open ON application_authentication_methods_versions (application_arn, method) WHERE valid_to IS NULL;
CREATE INDEX application_authentication_methods_began ON application_authentication_methods_versions (valid_from);
CREATE INDEX application_authentication_methods_ended ON application_authentication_methods_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE exhausted_budgets (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    budget TEXT NOT NULL, -- the option that gives the time, e.g. --applications-budget
    next_id TEXT, -- id of what the next collection goes on with: it was read the longest ago
    listings_left INTEGER, -- how many listings were left
    PRIMARY KEY (snapshot_id, budget)
) STRICT, WITHOUT ROWID;
