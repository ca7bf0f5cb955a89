-- title: Assigned, but not provisioned or outdated
-- description: Accounts in which a permission set is assigned but not provisioned, or provisioned at an older version than its latest: what is assigned there is not, or not yet, what the permission set says.
-- family: permission-set
-- question: 24
-- not during: it compares the state of one snapshot
SELECT
    s.name AS permission_set_name,
    c.name AS account_name,
    t.finding,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.account_id = t.account_id AND a.permission_set_arn = t.permission_set_arn) AS assignments,
    c.state AS account_state,
    t.account_id,
    t.permission_set_arn
FROM (
    SELECT p.account_id, p.permission_set_arn, 'outdated' AS finding
    FROM provisioned_permission_sets AS p
    WHERE p.provisioning_status = 'LATEST_PERMISSION_SET_NOT_PROVISIONED'
    UNION ALL
    SELECT a.account_id, a.permission_set_arn, 'not provisioned'
    FROM (SELECT account_id, permission_set_arn FROM account_assignments
          EXCEPT SELECT account_id, permission_set_arn FROM provisioned_permission_sets) AS a
) AS t
LEFT JOIN permission_sets AS s ON s.permission_set_arn = t.permission_set_arn
LEFT JOIN accounts AS c ON c.account_id = t.account_id
ORDER BY s.name, t.permission_set_arn, c.name, t.account_id, t.finding
