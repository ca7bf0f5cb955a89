-- title: Policies of an IAM user, groups included
-- description: Every policy that an IAM user of this name has, in each account whose IAM was read: attached, inline, its permissions boundary, and through the groups that it is in. Letter case does not matter. Nothing is known of the accounts that were not read.
-- family: steps
-- question: 90
-- param name (text): name or ARN of the IAM user
-- example: ci-release
-- not during: groups and policies are the state of one snapshot
WITH asked AS (
    SELECT u.account_id, u.user_name, u.permissions_boundary_arn
    FROM iam_users AS u
    WHERE lower(u.user_name) = lower(:name) OR lower(u.arn) = lower(:name)
),
held AS (
    SELECT u.account_id, u.user_name, 'user' AS via, NULL AS group_name, a.kind, a.policy_name, a.policy, a.document
    FROM asked AS u
    JOIN iam_policy_attachments AS a
        ON a.account_id = u.account_id AND a.principal_type = 'USER' AND a.principal_name = u.user_name
    UNION ALL
    SELECT u.account_id, u.user_name, 'group', m.group_name, a.kind, a.policy_name, a.policy, a.document
    FROM asked AS u
    JOIN iam_group_members AS m ON m.account_id = u.account_id AND m.user_name = u.user_name
    JOIN iam_policy_attachments AS a
        ON a.account_id = m.account_id AND a.principal_type = 'GROUP' AND a.principal_name = m.group_name
    UNION ALL
    SELECT u.account_id, u.user_name, 'user', NULL, 'permissions_boundary', NULL, u.permissions_boundary_arn, NULL
    FROM asked AS u
    WHERE u.permissions_boundary_arn IS NOT NULL
)
SELECT
    h.user_name AS iam_user,
    c.name AS account_name,
    h.via,
    h.group_name AS iam_group,
    h.kind,
    coalesce(h.policy_name, p.name, w.name, h.policy) AS policy_name,
    CASE WHEN h.kind <> 'inline' THEN h.policy END AS policy_arn,
    CASE WHEN coalesce(h.document, p.document, w.document) IS NULL THEN 'the document was not read' END AS not_read,
    coalesce(h.document, p.document, w.document) AS document,
    h.account_id
FROM held AS h
LEFT JOIN iam_policies AS p ON p.account_id = h.account_id AND p.policy_arn = h.policy
LEFT JOIN managed_policies AS w ON w.policy_arn = h.policy
LEFT JOIN accounts AS c ON c.account_id = h.account_id
ORDER BY c.name, h.account_id, h.via DESC, h.group_name, h.kind, h.policy
