-- title: Permission sets that could not be weighed
-- description: Permission sets with a policy or a boundary whose text was not read, so that it is not certain whether they are privileged, and in how many accounts they are assigned; is_administrator is 1 where what was read makes them so unless an unread boundary takes it away. A customer managed policy is another in each account.
-- family: permission-set
-- question: 22
-- not during: privileged_permission_sets has what was not read, over a range too
WITH unread AS (
    SELECT DISTINCT t.permission_set_arn, t.policy FROM permission_set_statements AS t WHERE t.effect IS NULL AND t.account_id IS NULL
)
SELECT
    w.permission_set_name,
    w.is_administrator,
    (SELECT group_concat(n.policy, ', ' ORDER BY n.policy) FROM unread AS n
     WHERE n.permission_set_arn = w.permission_set_arn) AS not_read,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = w.permission_set_arn) AS accounts,
    (SELECT count(*) FROM account_assignments AS a WHERE a.permission_set_arn = w.permission_set_arn) AS assignments,
    w.permission_set_arn
FROM (
    SELECT
        s.name AS permission_set_name,
        max(CASE WHEN p.level = 'administrator' AND p.scope = 'any' THEN 1 ELSE 0 END) AS is_administrator,
        p.permission_set_arn
    FROM privileged_permission_sets AS p
    LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
    GROUP BY p.permission_set_arn, s.name
    HAVING count(p.unread) > 0
        AND max(CASE WHEN p.level = 'administrator' AND p.scope = 'any' AND p.unread IS NULL THEN 1 ELSE 0 END) = 0
) AS w
ORDER BY w.permission_set_name, w.permission_set_arn
