-- title: Permission sets that grant administrator
-- description: Permission sets that can grant themselves anything by what their policies say, or that are privileged of another level, one row per level and reason, and in how many accounts they are assigned. Service control policies are not weighed.
-- family: permission-set
-- question: 22
-- param level (level) = administrator: administrator, escalation (one more thing is needed) or any
-- not during: privileged-access --during has who held them over a range
SELECT
    s.name AS permission_set_name,
    p.level,
    p.reason,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = p.permission_set_arn) AS accounts,
    (SELECT count(*) FROM account_assignments AS a WHERE a.permission_set_arn = p.permission_set_arn) AS assignments,
    s.session_duration,
    p.permission_set_arn
FROM (SELECT DISTINCT permission_set_arn, level, reason FROM privileged_permission_sets
      WHERE (level = :level OR :level = 'any' AND level IS NOT NULL) AND scope = 'any') AS p
LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
ORDER BY s.name, p.permission_set_arn, p.level, p.reason
