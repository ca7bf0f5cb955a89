-- What was asked of Identity Center lately, and how it ended.

CREATE TABLE assignment_requests_versions (
    request_id TEXT NOT NULL, -- id of the request
    kind TEXT, -- assignment_creation, assignment_deletion or permission_set_provisioning
    status TEXT, -- IN_PROGRESS, SUCCEEDED or FAILED
    account_id TEXT, -- id of the account that the request was about; NULL unless it failed
    permission_set_arn TEXT, -- ARN of the permission set that the request was about; NULL unless it failed
    principal_type TEXT, -- USER or GROUP; NULL unless it was about an assignment, and failed
    principal_id TEXT, -- id of the user or group that it was about; NULL unless it was about an assignment, and failed
    created_at TEXT, -- when it was made, UTC
    failure_reason TEXT, -- why it failed, in AWS's words
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (request_id, valid_from)
) STRICT;
CREATE UNIQUE INDEX assignment_requests_open ON assignment_requests_versions (request_id) WHERE valid_to IS NULL;
CREATE INDEX assignment_requests_began ON assignment_requests_versions (valid_from);
CREATE INDEX assignment_requests_ended ON assignment_requests_versions (valid_to) WHERE valid_to IS NOT NULL;
