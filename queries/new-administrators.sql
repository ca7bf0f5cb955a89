-- title: Who gained privileged access
-- description: Each path to a permission set that counts as privileged today (an administrator's unless another level is asked for) that was gained since a day, or is unknown because a gap may have hidden it before; the newest first, with the cause.
-- family: change
-- question: 52
-- param since (date) = 2000-01-01: only what was seen from then on
-- param level (level) = administrator: administrator, escalation (one more thing is needed) or any
-- example: 2026-01-01
SELECT
    c.taken_at,
    c.change,
    coalesce(c.user_name, c.users || CASE c.users WHEN 1 THEN ' user' ELSE ' users' END) AS who,
    c.permission_set_name,
    c.account_name,
    c.cause,
    c.group_name,
    c.users,
    c.snapshot_id,
    c.account_id,
    c.permission_set_arn,
    c.group_id,
    c.user_id
FROM access_changes AS c
WHERE c.taken_at >= :since
    AND c.change IN ('gained', 'unknown')
    AND c.permission_set_arn IN (SELECT p.permission_set_arn FROM privileged_permission_sets AS p
        WHERE (p.level = :level OR :level = 'any' AND p.level IS NOT NULL) AND p.scope = 'any')
ORDER BY c.snapshot_id DESC, c.account_name, c.account_id, c.permission_set_name, c.permission_set_arn, c.change, c.cause, c.group_id, c.user_id
