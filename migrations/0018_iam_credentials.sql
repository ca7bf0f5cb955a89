-- The credential reports of the accounts: the credentials of their users, when these were last used, and when AWS made the reports.

CREATE TABLE iam_credentials_versions (
    account_id TEXT NOT NULL, -- id of the account
    user_name TEXT NOT NULL, -- name of the user, <root_account> for the root user
    arn TEXT, -- ARN of the user
    user_creation_time TEXT, -- when the user was created, UTC
    password_enabled INTEGER, -- 1 where the user has a password for the console
    password_enabled_status TEXT, -- the report's own word where password_enabled has no value: N/A, no_information, not_supported
    password_last_changed TEXT, -- when the password was set, UTC
    password_last_changed_status TEXT, -- the report's own word where password_last_changed has no value: N/A, no_information, not_supported
    password_next_rotation TEXT, -- when the password has to be changed, UTC
    password_next_rotation_status TEXT, -- the report's own word where password_next_rotation has no value: N/A, no_information, not_supported
    mfa_active INTEGER, -- 1 where the user has a second factor (MFA)
    mfa_active_status TEXT, -- the report's own word where mfa_active has no value: N/A, no_information, not_supported
    access_key_1_active INTEGER, -- 1 where the first access key is active
    access_key_1_active_status TEXT, -- the report's own word where access_key_1_active has no value: N/A, no_information, not_supported
    access_key_1_last_rotated TEXT, -- when the first access key was created or last changed, UTC
    access_key_1_last_rotated_status TEXT, -- the report's own word where access_key_1_last_rotated has no value: N/A, no_information, not_supported
    access_key_2_active INTEGER, -- 1 where the second access key is active
    access_key_2_active_status TEXT, -- the report's own word where access_key_2_active has no value: N/A, no_information, not_supported
    access_key_2_last_rotated TEXT, -- when the second access key was created or last changed, UTC
    access_key_2_last_rotated_status TEXT, -- the report's own word where access_key_2_last_rotated has no value: N/A, no_information, not_supported
    cert_1_active INTEGER, -- 1 where the first signing certificate is active
    cert_1_active_status TEXT, -- the report's own word where cert_1_active has no value: N/A, no_information, not_supported
    cert_1_last_rotated TEXT, -- when the first signing certificate was created or last changed, UTC
    cert_1_last_rotated_status TEXT, -- the report's own word where cert_1_last_rotated has no value: N/A, no_information, not_supported
    cert_2_active INTEGER, -- 1 where the second signing certificate is active
    cert_2_active_status TEXT, -- the report's own word where cert_2_active has no value: N/A, no_information, not_supported
    cert_2_last_rotated TEXT, -- when the second signing certificate was created or last changed, UTC
    cert_2_last_rotated_status TEXT, -- the report's own word where cert_2_last_rotated has no value: N/A, no_information, not_supported
    additional_credentials_info TEXT, -- what else the user has, in words, where the report has more keys or certificates than columns for them
    extra TEXT, -- the columns of the report that are none of these, a JSON object
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, user_name, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_credentials_open ON iam_credentials_versions (account_id, user_name) WHERE valid_to IS NULL;
CREATE INDEX iam_credentials_began ON iam_credentials_versions (valid_from);
CREATE INDEX iam_credentials_ended ON iam_credentials_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_credential_activity_versions (
    account_id TEXT NOT NULL, -- id of the account
    user_name TEXT NOT NULL, -- name of the user, <root_account> for the root user
    credential TEXT NOT NULL, -- password, access_key_1 or access_key_2
    last_used_at TEXT, -- when it was last used, at least as recent as this, UTC; NULL: see last_used_status
    last_used_region TEXT, -- Region of that use, of an access key
    last_used_service TEXT, -- service of that use, of an access key
    last_used_status TEXT, -- the report's own word where there is no last use: N/A (there is none, or no use of a key in AWS's tracking period), no_information (a password without a use in that period)
    valid_from INTEGER NOT NULL, -- first snapshot that saw this version
    valid_to INTEGER, -- first snapshot that no longer did; NULL while it holds
    PRIMARY KEY (account_id, user_name, credential, valid_from)
) STRICT;
CREATE UNIQUE INDEX iam_credential_activity_open ON iam_credential_activity_versions (account_id, user_name, credential) WHERE valid_to IS NULL;
CREATE INDEX iam_credential_activity_began ON iam_credential_activity_versions (valid_from);
CREATE INDEX iam_credential_activity_ended ON iam_credential_activity_versions (valid_to) WHERE valid_to IS NOT NULL;

CREATE TABLE iam_credential_reports (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    account_id TEXT NOT NULL, -- id of the account
    generated_at TEXT, -- when AWS made the report, UTC: up to four hours before it was read
    PRIMARY KEY (snapshot_id, account_id)
) STRICT, WITHOUT ROWID;
