-- Every assignment with its names, in the order of a report. A name that is missing is NULL.
SELECT
    a.account_id,
    c.name AS account_name,
    c.state AS account_state,
    c.is_management_account,
    a.permission_set_arn,
    s.name AS permission_set_name,
    a.principal_type,
    a.principal_id,
    CASE a.principal_type WHEN 'GROUP' THEN g.display_name ELSE u.user_name END AS principal_name,
    u.user_id IS NOT NULL OR g.group_id IS NOT NULL AS is_known,
    u.user_status,
    u.primary_email
FROM account_assignments AS a
LEFT JOIN accounts AS c ON c.account_id = a.account_id
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
LEFT JOIN users AS u ON u.user_id = a.principal_id AND a.principal_type <> 'GROUP'
LEFT JOIN groups AS g ON g.group_id = a.principal_id AND a.principal_type = 'GROUP'
ORDER BY a.account_id, s.name, a.permission_set_arn, a.principal_type, principal_name, a.principal_id
