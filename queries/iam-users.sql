-- title: IAM users of the accounts
-- description: Every IAM user of the accounts whose IAM was read, as list-users prints it, with the number of its groups and policies, and the user of Identity Center whose name or e-mail address is its name. Nothing is known of the accounts that were not read.
-- family: steps
-- question: 67, 88
-- not during: it counts the groups and policies of one snapshot
SELECT
    u.user_name AS iam_user,
    c.name AS account_name,
    u.created_at,
    (SELECT count(*) FROM iam_group_members AS m
     WHERE m.account_id = u.account_id AND m.user_name = u.user_name) AS iam_groups,
    (SELECT count(*) FROM iam_policy_attachments AS a
     WHERE a.account_id = u.account_id AND a.principal_type = 'USER' AND a.principal_name = u.user_name) AS policies,
    (SELECT min(i.user_name) FROM users AS i
     WHERE lower(i.user_name) = lower(u.user_name) OR lower(i.primary_email) = lower(u.user_name)) AS identity_center_user,
    u.path,
    u.permissions_boundary_arn,
    u.user_id AS iam_user_id,
    u.arn,
    u.account_id
FROM iam_users AS u
LEFT JOIN accounts AS c ON c.account_id = u.account_id
ORDER BY c.name, u.account_id, u.user_name
