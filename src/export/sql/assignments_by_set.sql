-- The principals of each permission set, whatever the account.
SELECT
    a.account_id,
    a.permission_set_arn,
    s.name AS permission_set_name,
    a.principal_type,
    a.principal_id,
    CASE a.principal_type WHEN 'GROUP' THEN g.display_name ELSE u.user_name END AS principal_name,
    u.user_id IS NOT NULL OR g.group_id IS NOT NULL AS is_known,
    u.primary_email
FROM account_assignments AS a
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
LEFT JOIN users AS u ON u.user_id = a.principal_id AND a.principal_type <> 'GROUP'
LEFT JOIN groups AS g ON g.group_id = a.principal_id AND a.principal_type = 'GROUP'
ORDER BY coalesce(s.name, a.permission_set_arn), a.permission_set_arn
