-- Counts of access for every snapshot, for the organization and each account, kept so that a chart of a year costs no more than reading them.
--
-- They are derived, and no evidence: `snapshots verify` computes them again. A row of snapshot_metrics_kept holds from a
-- snapshot until another count is true (src/store/derived/metrics), and access_change_totals_steps has the changes of each
-- snapshot against the one before (src/store/steps).

CREATE TABLE snapshot_metrics_kept (
    account_id         TEXT, -- id of the account; NULL: the whole organization
    people_with_access INTEGER, -- number of users who have a path of access
    direct_paths       INTEGER, -- number of paths by an assignment of the user's own
    group_paths        INTEGER, -- number of paths through groups
    administrators     INTEGER, -- number of users with a path to a permission set that may grant itself anything
    direct_assignments INTEGER, -- number of assignments to users instead of groups
    orphans            INTEGER, -- number of assignments that lead nowhere
    unknown            INTEGER, -- number of assignments of which it is not known whom they give access, or to what
    incomplete         TEXT, -- what the counts rest on and was not completely seen; NULL where all of it was
    valid_from         INTEGER NOT NULL, -- first snapshot of which it is true
    valid_to           INTEGER -- first snapshot of which it no longer is, NULL while it is
) STRICT;
CREATE INDEX snapshot_metrics_kept_by_account_id ON snapshot_metrics_kept (account_id);
CREATE UNIQUE INDEX snapshot_metrics_kept_open ON snapshot_metrics_kept (coalesce(account_id, '')) WHERE valid_to IS NULL;

-- Of a snapshot that is not counted yet this one row tells, until every one is.
INSERT INTO snapshot_metrics_kept (incomplete, valid_from) VALUES ('not counted yet: the next collection does', 1);

CREATE TABLE access_change_totals_steps (
    snapshot_id        INTEGER NOT NULL REFERENCES snapshots, -- the snapshot that saw the changes
    account_id         TEXT, -- id of the account; NULL: the whole organization
    gained             INTEGER NOT NULL, -- number of paths that came
    lost               INTEGER NOT NULL, -- number of paths that went
    altered            INTEGER NOT NULL, -- number of paths that lead to something else
    unknown            INTEGER NOT NULL, -- number of paths first seen that a gap may have hidden before
    assignment_granted INTEGER NOT NULL, -- of those gained: by a new assignment
    membership_added   INTEGER NOT NULL, -- of those gained: by joining a group
    user_created       INTEGER NOT NULL, -- of those gained: by a new user
    assignment_revoked INTEGER NOT NULL, -- of those lost: by the end of an assignment
    membership_removed INTEGER NOT NULL, -- of those lost: by leaving a group
    group_deleted      INTEGER NOT NULL, -- of those lost: with a group
    user_deleted       INTEGER NOT NULL -- of those lost: with a user
) STRICT;
CREATE INDEX access_change_totals_steps_by_snapshot_id ON access_change_totals_steps (snapshot_id, account_id);
