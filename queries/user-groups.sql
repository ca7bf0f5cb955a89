-- title: Which groups a user is in
-- description: The groups of the user, with how many accounts each gives access to.
-- param user (user): user id, name or e-mail address
SELECT
    g.display_name AS group_name,
    g.description,
    m.created_at AS member_since,
    (SELECT count(DISTINCT a.account_id)
     FROM account_assignments AS a
     WHERE a.principal_id = m.group_id AND a.principal_type = 'GROUP') AS accounts,
    m.group_id
FROM group_memberships AS m
LEFT JOIN groups AS g ON g.group_id = m.group_id
WHERE m.user_id = :user
ORDER BY g.display_name, m.group_id
