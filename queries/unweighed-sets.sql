-- title: Permission sets that could not be weighed
-- description: Permission sets with a policy or a boundary whose text was not read, so that it is not certain whether they are privileged, and in how many accounts they are assigned; is_administrator is 1 where what was read makes them so unless an unread boundary takes it away. A customer managed policy is another in each account.
-- family: permission-set
-- question: 22
-- not during: privileged_permission_sets has what was not read, over a range too
SELECT
    s.name AS permission_set_name,
    coalesce(max(p.level = 'administrator' AND p.scope = 'any'), 0) AS is_administrator,
    (SELECT group_concat(n.policy, ', ') FROM (
        SELECT DISTINCT t.policy FROM permission_set_statements AS t
        WHERE t.permission_set_arn = p.permission_set_arn AND t.effect IS NULL ORDER BY t.policy) AS n) AS not_read,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = p.permission_set_arn) AS accounts,
    (SELECT count(*) FROM account_assignments AS a WHERE a.permission_set_arn = p.permission_set_arn) AS assignments,
    p.permission_set_arn
FROM privileged_permission_sets AS p
LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
GROUP BY p.permission_set_arn, s.name
HAVING count(p.unread) > 0 
    AND NOT coalesce(max(p.level = 'administrator' AND p.scope = 'any' AND p.unread IS NULL), 0)
ORDER BY s.name, p.permission_set_arn
