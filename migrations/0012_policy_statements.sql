-- What the statements of policies say, and which permission sets are privileged by them, worked out once for each text.
--
-- All of it is derived, is no evidence, and is made anew where the rules are others (src/store/derived): until then, and in
-- a file that nobody may write, the program works it out while it reads.

CREATE TABLE derived_rules (
    name    TEXT PRIMARY KEY, -- what is derived
    rules   TEXT NOT NULL, -- by which rules, and which catalogue of actions
    through INTEGER NOT NULL -- number of the snapshot up to which it is
) STRICT, WITHOUT ROWID;

CREATE TABLE policy_documents (
    document_id  TEXT PRIMARY KEY, -- SHA-256 of its text
    document     TEXT NOT NULL, -- the policy, JSON, as AWS first sent it
    length       INTEGER NOT NULL, -- number of its characters
    canonical_id TEXT NOT NULL, -- hash of what it says, the same for two that say the same
    problem      TEXT -- why it has no statements, NULL where they were read
) STRICT;
CREATE INDEX policy_documents_by_length ON policy_documents (length);

CREATE TABLE document_statements (
    document_id     TEXT NOT NULL, -- SHA-256 of the policy's text
    statement_index INTEGER NOT NULL, -- its place among the statements, from 0
    sid             TEXT, -- its Sid
    effect          TEXT NOT NULL, -- Allow or Deny
    action          TEXT, -- the patterns of Action, a JSON array
    not_action      TEXT, -- the patterns of NotAction, a JSON array
    resource        TEXT, -- the patterns of Resource, a JSON array
    not_resource    TEXT, -- the patterns of NotResource, a JSON array
    principal       TEXT, -- Principal or NotPrincipal, JSON
    condition       TEXT, -- Condition, JSON
    PRIMARY KEY (document_id, statement_index)
) STRICT, WITHOUT ROWID;

CREATE TABLE privileged_permission_sets_kept (
    permission_set_arn TEXT NOT NULL, -- ARN of the permission set
    reason             TEXT NOT NULL, -- why it is privileged, or what was not read
    level              TEXT, -- administrator or escalation
    scope              TEXT, -- any, named or self
    conditional        INTEGER, -- 1 where it is only allowed under a condition
    action             TEXT, -- the actions that are needed together
    source             TEXT NOT NULL, -- how the policies are attached
    unread             TEXT, -- the policies that were not read and may change it
    valid_from         INTEGER NOT NULL, -- first snapshot in which it holds
    valid_to           INTEGER -- first snapshot in which it no longer does, NULL while it holds
) STRICT;
CREATE INDEX privileged_permission_sets_kept_by_set ON privileged_permission_sets_kept (permission_set_arn);
CREATE INDEX privileged_permission_sets_kept_open ON privileged_permission_sets_kept (level, scope) WHERE valid_to IS NULL;
