-- title: Who has privileged access
-- description: Everyone with access by a privileged permission set, one row a way, and why the set is privileged by what its policies say: an administrator's unless another level is asked for. Service control policies are not weighed.
-- family: account
-- beside: unweighed-sets: permission sets of which a policy was not read, so that it is not certain whether they are privileged
-- question: 11
-- param level (level) = administrator: administrator, escalation (one more thing is needed) or any
WITH privileged AS MATERIALIZED (
    SELECT permission_set_arn, group_concat(reason, '; ' ORDER BY reason) AS reasons
        -- during: , valid_from, valid_to
    FROM (
        SELECT DISTINCT permission_set_arn, reason
            -- during: , valid_from, valid_to
        FROM privileged_permission_sets WHERE (level = :level OR :level = 'any' AND level IS NOT NULL) AND scope = 'any') AS p
    GROUP BY permission_set_arn
        -- during: , valid_from, valid_to
)
SELECT
    e.user_name,
    e.permission_set_name,
    e.account_name,
    e.via,
    e.group_name,
    (SELECT group_concat(p.reasons, '; ') FROM privileged AS p WHERE p.permission_set_arn = e.permission_set_arn
        -- during: AND p.valid_from < coalesce(e.valid_to, 9223372036854775807)
        -- during: AND e.valid_from < coalesce(p.valid_to, 9223372036854775807)
    ) AS reasons,
    e.user_status,
    e.first_seen_at,
    e.not_before,
    -- during: e.last_seen_at, e.gone_at,
    e.account_id,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access AS e
-- By IN, not by a join: so few permission sets lead the way.
WHERE e.permission_set_arn IN (SELECT permission_set_arn FROM privileged)
-- during: AND EXISTS (SELECT 1 FROM privileged AS p WHERE p.permission_set_arn = e.permission_set_arn
-- during:     AND p.valid_from < coalesce(e.valid_to, 9223372036854775807)
-- during:     AND e.valid_from < coalesce(p.valid_to, 9223372036854775807))
ORDER BY e.user_name, e.user_id, e.account_name, e.account_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id, e.first_seen_at
