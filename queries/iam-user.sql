-- title: One IAM user
-- description: The IAM user of this name in each account whose IAM was read, as get-user prints it, with the names of its groups. Letter case does not matter. Nothing is known of the accounts that were not read.
-- family: steps
-- question: 89
-- param name (text): name or ARN of the IAM user
-- example: alice.legacy
-- not during: its groups are the state of one snapshot
SELECT
    u.user_name AS iam_user,
    c.name AS account_name,
    u.created_at,
    (SELECT group_concat(m.group_name, ', ' ORDER BY m.group_name) FROM iam_group_members AS m
     WHERE m.account_id = u.account_id AND m.user_name = u.user_name) AS iam_groups,
    u.path,
    u.permissions_boundary_arn,
    u.tags,
    u.user_id AS iam_user_id,
    u.arn,
    u.account_id
FROM iam_users AS u
LEFT JOIN accounts AS c ON c.account_id = u.account_id
WHERE lower(u.user_name) = lower(:name) OR lower(u.arn) = lower(:name)
ORDER BY c.name, u.account_id
