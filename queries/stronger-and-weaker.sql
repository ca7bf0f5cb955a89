-- title: Users with a stronger and a weaker set
-- description: Users who have a privileged permission set in the account and others beside it, which then add nothing that matters: one row for each pair of a privileged set and another. What the documents of managed policies say is not weighed.
-- family: hygiene
-- question: 48
-- param account (account): account id, name or e-mail address
-- example: prod
-- not during: it compares the state of one snapshot
WITH held AS MATERIALIZED (
    SELECT u.user_id, u.user_name, u.user_status, a.permission_set_arn
    FROM account_assignments AS a
    CROSS JOIN users AS u ON u.user_id = a.principal_id
    WHERE a.account_id = :account AND a.principal_type = 'USER'
    UNION
    SELECT u.user_id, u.user_name, u.user_status, a.permission_set_arn
    FROM account_assignments AS a
    CROSS JOIN group_memberships AS m ON m.group_id = a.principal_id
    CROSS JOIN users AS u ON u.user_id = m.user_id
    WHERE a.account_id = :account AND a.principal_type = 'GROUP'
),
privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any')
SELECT
    h.user_name,
    s.name AS stronger_set,
    w.name AS weaker_set,
    h.user_status,
    (SELECT c.name FROM accounts AS c WHERE c.account_id = :account) AS account_name,
    h.user_id,
    h.permission_set_arn AS stronger_permission_set_arn,
    o.permission_set_arn AS weaker_permission_set_arn
FROM held AS h
JOIN held AS o ON o.user_id = h.user_id AND o.permission_set_arn NOT IN (SELECT permission_set_arn FROM privileged)
LEFT JOIN permission_sets AS s ON s.permission_set_arn = h.permission_set_arn
LEFT JOIN permission_sets AS w ON w.permission_set_arn = o.permission_set_arn
WHERE h.permission_set_arn IN (SELECT permission_set_arn FROM privileged)
ORDER BY h.user_name, h.user_id, s.name, h.permission_set_arn, w.name, o.permission_set_arn
