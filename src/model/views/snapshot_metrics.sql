-- One row per snapshot for the organization and one for each account, for charts. The counts are those of the other
-- views in that snapshot (docs/metrics.md). What was not collected is NULL, never 0, and so are the changes of the first
-- snapshot, which has none before it. Kept by the program: each row of snapshot_metrics_kept is of several snapshots.
-- A snapshot that was not counted yet, in a file of an older program, has one row without counts.
SELECT
    d.snapshot_id, -- the snapshot
    d.taken_at, -- time of its first call, UTC
    CAST(CASE WHEN m.account_id IS NULL THEN 'organization' ELSE 'account' END AS TEXT) AS scope, -- organization or account: add up those of one scope only
    m.account_id, -- id of the account; NULL for the organization
    m.people_with_access, -- users who have a path of access; who has access in several accounts is one in each, and one in the organization
    m.direct_paths, -- paths by an assignment of the user's own
    m.group_paths, -- paths through groups
    m.administrators, -- users with a path to a permission set of level administrator and scope any (privileged_permission_sets)
    m.direct_assignments, -- assignments to users instead of groups
    m.orphans, -- assignments that lead nowhere (orphan_assignments)
    m.unknown, -- assignments of which a gap hides whom they give access, or to what
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.gained, 0) END AS INTEGER) AS gained, -- paths that came since the snapshot before
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.lost, 0) END AS INTEGER) AS lost, -- paths that went
    CAST(CASE WHEN d.has_before AND m.administrators IS NOT NULL THEN coalesce(f.altered, 0) END AS INTEGER) AS altered, -- paths that lead to something else: a policy, a session or the user's status changed
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.unknown, 0) END AS INTEGER) AS unknown_changes, -- paths first seen that a gap of the snapshot before may have hidden: not in gained
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.assignment_granted, 0) END AS INTEGER) AS assignment_granted, -- of those gained: by a new assignment
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.membership_added, 0) END AS INTEGER) AS membership_added, -- of those gained: by joining a group
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.user_created, 0) END AS INTEGER) AS user_created, -- of those gained: by a new user
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.assignment_revoked, 0) END AS INTEGER) AS assignment_revoked, -- of those lost: by the end of an assignment
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.membership_removed, 0) END AS INTEGER) AS membership_removed, -- of those lost: by leaving a group
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.group_deleted, 0) END AS INTEGER) AS group_deleted, -- of those lost: with a group
    CAST(CASE WHEN d.has_before AND m.group_paths IS NOT NULL THEN coalesce(f.user_deleted, 0) END AS INTEGER) AS user_deleted, -- of those lost: with a user
    m.incomplete -- what the counts rest on and the snapshot did not completely see: they may be higher or lower; NULL where it saw all of it
FROM snapshot_metrics_kept AS m
CROSS JOIN snapshot_dates AS d
    ON d.snapshot_id >= m.valid_from AND d.snapshot_id < coalesce(m.valid_to, 9223372036854775807)
LEFT JOIN access_change_totals_steps AS f ON f.snapshot_id = d.snapshot_id AND f.account_id IS m.account_id
