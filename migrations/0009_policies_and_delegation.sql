-- The organization's policies with their targets, its resource policy, and what it delegates to services and accounts.

CREATE TABLE organization_policies_versions (
    policy_id TEXT NOT NULL, -- id of the policy, p-…
    arn TEXT, -- ARN of the policy
    name TEXT, -- name of the policy
    description TEXT, -- description of the policy
    type TEXT, -- its type as AWS calls it, e.g. SERVICE_CONTROL_POLICY; AWS adds types
    aws_managed INTEGER, -- 1 where AWS maintains it
    document TEXT, -- the policy, JSON
    document_hash TEXT, -- hash of what document says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (policy_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_policies_open ON organization_policies_versions (policy_id) WHERE valid_to IS NULL;
CREATE INDEX organization_policies_began ON organization_policies_versions (valid_from);
CREATE INDEX organization_policies_ended ON organization_policies_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE organization_policy_targets_versions (
    policy_id TEXT NOT NULL, -- id of the policy
    target_id TEXT NOT NULL, -- id of the root, OU or account that it is attached to
    target_type TEXT, -- ROOT, ORGANIZATIONAL_UNIT or ACCOUNT
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (policy_id, target_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_policy_targets_open ON organization_policy_targets_versions (policy_id, target_id) WHERE valid_to IS NULL;
CREATE INDEX organization_policy_targets_began ON organization_policy_targets_versions (valid_from);
CREATE INDEX organization_policy_targets_ended ON organization_policy_targets_versions (valid_to) WHERE valid_to IS NOT NULL;
CREATE INDEX organization_policy_targets_target ON organization_policy_targets_versions (target_id);

CREATE TABLE organization_resource_policies_versions (
    resource_policy_id TEXT NOT NULL, -- id of the resource policy, rp-…
    arn TEXT, -- ARN of the resource policy
    document TEXT, -- the policy, JSON
    document_hash TEXT, -- hash of what document says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (resource_policy_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_resource_policies_open ON organization_resource_policies_versions (resource_policy_id) WHERE valid_to IS NULL;
CREATE INDEX organization_resource_policies_began ON organization_resource_policies_versions (valid_from);
CREATE INDEX organization_resource_policies_ended ON organization_resource_policies_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE delegated_administrator_accounts_versions (
    account_id TEXT NOT NULL, -- id of the account
    delegation_enabled_at TEXT, -- when the account became a delegated administrator, UTC
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX delegated_administrator_accounts_open ON delegated_administrator_accounts_versions (account_id) WHERE valid_to IS NULL;
CREATE INDEX delegated_administrator_accounts_began ON delegated_administrator_accounts_versions (valid_from);
CREATE INDEX delegated_administrator_accounts_ended ON delegated_administrator_accounts_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE delegated_administrators_versions (
    account_id TEXT NOT NULL, -- id of the account
    service_principal TEXT NOT NULL, -- the service, e.g. guardduty.amazonaws.com
    delegation_enabled_at TEXT, -- when the account became the service's delegated administrator, UTC
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, service_principal, valid_from)
) STRICT;
CREATE UNIQUE INDEX delegated_administrators_open ON delegated_administrators_versions (account_id, service_principal) WHERE valid_to IS NULL;
CREATE INDEX delegated_administrators_began ON delegated_administrators_versions (valid_from);
CREATE INDEX delegated_administrators_ended ON delegated_administrators_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE trusted_services_versions (
    service_principal TEXT NOT NULL, -- the service, e.g. guardduty.amazonaws.com
    enabled_at TEXT, -- when it was enabled, UTC
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (service_principal, valid_from)
) STRICT;
CREATE UNIQUE INDEX trusted_services_open ON trusted_services_versions (service_principal) WHERE valid_to IS NULL;
CREATE INDEX trusted_services_began ON trusted_services_versions (valid_from);
CREATE INDEX trusted_services_ended ON trusted_services_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE organization_features_versions (
    feature TEXT NOT NULL, -- the feature, e.g. RootCredentialsManagement or RootSessions
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (feature, valid_from)
) STRICT;
CREATE UNIQUE INDEX organization_features_open ON organization_features_versions (feature) WHERE valid_to IS NULL;
CREATE INDEX organization_features_began ON organization_features_versions (valid_from);
CREATE INDEX organization_features_ended ON organization_features_versions (valid_to) WHERE valid_to IS NOT NULL;
