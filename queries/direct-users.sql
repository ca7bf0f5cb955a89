-- title: Users who are assigned permission sets directly
-- description: Users with assignments of their own instead of through a group: in how many accounts, and by how many permission sets. The most assignments come first; a user without a name was deleted, or could not be read.
-- family: hygiene
-- question: 42
-- not during: direct-user-assignments --during has each assignment with its bounds
SELECT
    u.user_name,
    count(*) AS assignments,
    count(DISTINCT a.account_id) AS accounts,
    count(DISTINCT a.permission_set_arn) AS permission_sets,
    u.user_status,
    u.display_name,
    a.principal_id AS user_id
FROM account_assignments AS a
LEFT JOIN users AS u ON u.user_id = a.principal_id
WHERE a.principal_type = 'USER'
GROUP BY a.principal_id, u.user_name, u.user_status, u.display_name
ORDER BY assignments DESC, u.user_name, a.principal_id
