-- What changed of access at each snapshot, kept so that asking a year of it costs no more than what changed.
--
-- It is derived from the tables of resources (src/model/views/access_change_causes.sql), is no evidence, and is made
-- anew for the snapshot after a pruned one; `snapshots verify` computes it again. How it is filled: src/store/steps.rs.

CREATE TABLE derived_tables (
    view    TEXT PRIMARY KEY, -- name of the view whose rows the table <view>_steps keeps
    through INTEGER NOT NULL -- number of the snapshot up to which it does; as long as there is a later one, the view computes
) STRICT, WITHOUT ROWID;

CREATE TABLE access_change_causes_steps (
    snapshot_id        INTEGER NOT NULL REFERENCES snapshots, -- the snapshot that saw the change
    change             TEXT NOT NULL, -- gained, lost, altered or unknown
    cause              TEXT NOT NULL, -- what happened
    group_id           TEXT, -- id of the group whose assignments give the ways; NULL: those of the user
    user_id            TEXT, -- id of the one user whose ways they are; NULL: so many users of the group
    account_id         TEXT, -- id of the account; NULL: each one of an assignment that stands
    permission_set_arn TEXT, -- ARN of the permission set; NULL: each one of an assignment that stands
    users              INTEGER NOT NULL, -- number of users who have the ways by this, or had them
    assignments        INTEGER NOT NULL -- number of assignments: each gives each of the users one way
) STRICT;
CREATE INDEX access_change_causes_steps_by_snapshot_id ON access_change_causes_steps (snapshot_id);
