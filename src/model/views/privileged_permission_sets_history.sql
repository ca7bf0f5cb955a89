-- The rows of privileged_permission_sets with the snapshots in which they held. Another text of a policy may begin the
-- same row anew.
SELECT
    v.permission_set_arn, -- ARN of the permission set
    v.reason, -- why it was privileged, in words; or what was not read
    v.level, -- administrator (grants itself anything) or escalation (needs one more thing, such as a role to pass); NULL where a policy was not read
    v.scope, -- any, named (only some resources) or self (the user itself)
    v.conditional, -- 1 where it was only allowed under a condition
    v.action, -- the actions that are needed together; NULL where it is known by the name of a policy
    v.source, -- how the policies are attached: inline, aws_managed, customer_managed
    v.unread, -- the policies that were not read and may change it; NULL where all were
    v.valid_from, -- first snapshot in which it held
    CASE WHEN v.valid_to <= s.snapshot_id THEN v.valid_to END AS valid_to, -- first snapshot in which it no longer did; NULL while it holds
    (SELECT b.completed_at FROM snapshots AS b WHERE b.snapshot_id = v.valid_from) AS first_seen_at, -- when it was first seen, UTC
    CASE WHEN v.valid_to <= s.snapshot_id
        THEN (SELECT e.completed_at FROM snapshots AS e WHERE e.snapshot_id = v.valid_to) END AS gone_at -- by when it was gone, UTC; NULL while it holds
FROM answering_snapshot AS s
CROSS JOIN privileged_permission_sets_kept AS v ON v.valid_from <= s.snapshot_id
