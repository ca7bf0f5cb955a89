SELECT
    v.permission_set_arn, -- ARN of the permission set
    v.reason, -- why it is privileged, in words; or what was not read
    v.level, -- administrator (grants itself anything) or escalation (needs one more thing, such as a role to pass); NULL where a policy was not read
    v.scope, -- any, named (only some resources) or self (the user itself)
    v.conditional, -- 1 where it is only allowed under a condition
    v.action, -- the actions that are needed together; NULL where it is known by the name of a policy
    v.source, -- how the policies are attached: inline, aws_managed, customer_managed
    v.unread -- the policies that were not read and may change it; NULL where all were
    , v.valid_from, CASE WHEN v.valid_to <= (SELECT s.snapshot_id FROM answering_snapshot AS s) THEN v.valid_to END AS valid_to
FROM privileged_permission_sets_kept AS v
WHERE v.valid_from <= (SELECT s.snapshot_id FROM answering_snapshot AS s)
    AND (v.valid_to IS NULL OR v.valid_to > {from})
