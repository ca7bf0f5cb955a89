-- title: A user beside the members of a group
-- description: Every account and permission set that the user or a member of the group has: whether the user has it, and how many of the other members do. What the user alone has comes first.
-- family: person
-- question: 7
-- param user (user): user id, name or e-mail address
-- param group (group): group id or name
-- example: ana@example.com Developers
-- not during: it compares the state of one snapshot
WITH people AS MATERIALIZED (
    SELECT user_id FROM group_memberships WHERE group_id = :group
    UNION
    SELECT :user
),
paths AS MATERIALIZED (
    SELECT user_id, account_id, account_name, permission_set_arn, permission_set_name
    FROM effective_access
    WHERE user_id IN (SELECT user_id FROM people)
)
SELECT
    account_name,
    permission_set_name,
    CASE max(user_id = :user) WHEN 1 THEN 'yes' ELSE 'no' END AS user_has_it,
    count(DISTINCT CASE WHEN user_id <> :user THEN user_id END) AS members_with_it,
    (SELECT count(*) FROM people AS p WHERE p.user_id <> :user) AS other_members,
    account_id,
    permission_set_arn
FROM paths
GROUP BY account_id, account_name, permission_set_arn, permission_set_name
ORDER BY user_has_it DESC, members_with_it, account_name, account_id, permission_set_name, permission_set_arn
