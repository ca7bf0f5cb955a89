-- What AWS's own policies say that permission sets attach, and a change of theirs as a cause of access that is not the same.

CREATE TABLE managed_policies_versions (
    policy_arn TEXT NOT NULL, -- ARN of the policy
    name TEXT, -- name of the policy
    path TEXT, -- path of the policy, e.g. / or /job-function/
    version_id TEXT, -- the version that is in force, e.g. v5
    document TEXT, -- the policy, JSON
    created_at TEXT, -- when the policy was created, UTC
    updated_at TEXT, -- when its version in force was made, UTC
    is_aws_managed INTEGER, -- 1 where AWS maintains it
    policy_id TEXT, -- AWS's id of the policy, ANPA…
    description TEXT, -- description of the policy
    document_hash TEXT, -- hash of what document says; derived
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (policy_arn, valid_from)
) STRICT;
CREATE UNIQUE INDEX managed_policies_open ON managed_policies_versions (policy_arn) WHERE valid_to IS NULL;
CREATE INDEX managed_policies_began ON managed_policies_versions (valid_from);
CREATE INDEX managed_policies_ended ON managed_policies_versions (valid_to) WHERE valid_to IS NOT NULL;

-- The view tells a cause more: its rows are made anew.
DELETE FROM access_change_causes_steps;
DELETE FROM derived_tables WHERE view = 'access_change_causes';
