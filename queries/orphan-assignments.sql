-- title: Assignments that lead nowhere
-- description: Assignments of users and groups that were deleted, in accounts that are not active or not in the organization's list, and of permission sets that are in no list. Reason account_missing and permission_set_missing: it left, was closed or deleted, or was created in mid-run. Reason principal_not_listed, members_not_listed, member_users_not_listed, account_not_listed and permission_set_not_listed: it could not be read, so it is not known whether it exists. The names of what is in no list are the last known ones. Where assignments were listed by principal, those of users and groups that were deleted are not all seen (collect --assignments pairs sees them).
-- family: hygiene
-- question: 44
-- not during: what leads nowhere is judged by one snapshot and its gaps
SELECT
    f.reason,
    coalesce(c.name, (SELECT h.name FROM accounts_history AS h WHERE h.account_id = f.account_id
                      ORDER BY h.valid_from DESC LIMIT 1)) AS account_name,
    f.account_id,
    c.state AS account_state,
    coalesce(s.name, (SELECT h.name FROM permission_sets_history AS h
                      WHERE h.permission_set_arn = f.permission_set_arn
                      ORDER BY h.valid_from DESC LIMIT 1)) AS permission_set_name,
    f.principal_type,
    f.principal_id,
    CASE f.principal_type
        WHEN 'GROUP' THEN coalesce(g.display_name, (
            SELECT h.display_name FROM groups_history AS h WHERE h.group_id = f.principal_id
            ORDER BY h.valid_from DESC LIMIT 1))
        ELSE coalesce(u.user_name, (
            SELECT h.user_name FROM users_history AS h WHERE h.user_id = f.principal_id
            ORDER BY h.valid_from DESC LIMIT 1))
    END AS principal_name,
    f.permission_set_arn
FROM orphan_assignments AS f
LEFT JOIN accounts AS c ON c.account_id = f.account_id
LEFT JOIN permission_sets AS s ON s.permission_set_arn = f.permission_set_arn
LEFT JOIN users AS u ON u.user_id = f.principal_id AND f.principal_type <> 'GROUP'
LEFT JOIN groups AS g ON g.group_id = f.principal_id AND f.principal_type = 'GROUP'
ORDER BY f.reason, account_name, f.account_id, permission_set_name, f.permission_set_arn, f.principal_type, f.principal_id
