-- title: Closed accounts with live assignments
-- description: Accounts that are not active and still have assignments, which work again as soon as the account does: how many, to how many groups and users, and by how many permission sets.
-- family: account
-- question: 17
-- not during: it compares the state of one snapshot
SELECT
    c.name AS account_name,
    c.state AS account_state,
    count(*) AS assignments,
    count(DISTINCT CASE a.principal_type WHEN 'GROUP' THEN a.principal_id END) AS groups,
    count(DISTINCT CASE a.principal_type WHEN 'USER' THEN a.principal_id END) AS users,
    count(DISTINCT a.permission_set_arn) AS permission_sets,
    c.account_id
FROM accounts AS c
CROSS JOIN account_assignments AS a
WHERE a.account_id = c.account_id AND c.state <> 'ACTIVE'
GROUP BY c.account_id, c.name, c.state
ORDER BY c.name, c.account_id
