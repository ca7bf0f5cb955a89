-- title: Who is privileged in an account
-- description: Everyone with access to the account by a privileged permission set, one row per path, and why the set counts as privileged. Service control policies are not weighed.
-- family: account
-- beside: unweighed-sets: permission sets of which a policy was not read, so that it is not certain whether they are privileged
-- question: 11
-- param account (account): account id, name or e-mail address
-- param level (level) = administrator: administrator, escalation (one more thing is needed) or any
-- example: prod
-- not during: privileged-access --during has all accounts over a range
WITH privileged AS MATERIALIZED (
    SELECT permission_set_arn, group_concat(reason, '; ') AS reasons
    FROM (SELECT DISTINCT permission_set_arn, reason FROM privileged_permission_sets
          WHERE (level = :level OR :level = 'any' AND level NOT NULL) AND scope = 'any' ORDER BY permission_set_arn, reason)
    GROUP BY permission_set_arn
)
SELECT
    e.user_name,
    e.permission_set_name,
    e.via,
    e.group_name,
    (SELECT p.reasons FROM privileged AS p WHERE p.permission_set_arn = e.permission_set_arn) AS reasons,
    e.user_status,
    e.first_seen_at,
    e.not_before,
    e.account_name,
    e.account_id,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access AS e
WHERE e.account_id = :account AND e.permission_set_arn IN (SELECT permission_set_arn FROM privileged)
ORDER BY e.user_name, e.user_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id
