-- title: When the policies of a set changed
-- description: Each time that a policy of the permission set, its session or its description was found to be added, removed or changed, the newest first. The first snapshot changed nothing; unknown is what a gap may have hidden before.
-- family: permission-set
-- question: 33
-- param permission_set (permission_set): permission set name or ARN
-- example: AdministratorAccess
SELECT
    w.taken_at,
    w.change,
    w.what,
    w.fields,
    w.snapshot_id,
    w.permission_set_arn
FROM (
    SELECT c.snapshot_id, c.taken_at, c.change, c.kind || ' ' || coalesce(c.policy_name, c.policy) AS what, c.fields,
        c.permission_set_arn
    FROM permission_set_policies_changes AS c
    WHERE c.permission_set_arn = :permission_set
    UNION ALL
    SELECT c.snapshot_id, c.taken_at, c.change, 'permission set', c.fields, c.permission_set_arn
    FROM permission_sets_changes AS c
    WHERE c.permission_set_arn = :permission_set
) AS w
ORDER BY w.snapshot_id DESC, w.what, w.change
