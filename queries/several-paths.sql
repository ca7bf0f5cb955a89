-- title: Users with one access by several paths
-- description: Users who have a permission set in the account by two or more paths, so that revoking one does not end it: how many, through how many groups, and whether by an assignment of the user too.
-- family: hygiene
-- question: 47
-- param account (account): account id, name or e-mail address
-- example: prod
-- not during: it compares the state of one snapshot
WITH paths AS MATERIALIZED (
    SELECT user_id, user_name, user_status, account_id, account_name, permission_set_arn, permission_set_name, group_id,
        group_name
    FROM effective_access
    WHERE account_id = :account
)
SELECT
    user_name,
    permission_set_name,
    count(*) AS paths,
    count(group_id) AS groups,
    CASE WHEN count(*) > count(group_id) THEN 'yes' ELSE 'no' END AS assigned_directly,
    min(group_name) AS one_group,
    CASE WHEN count(group_id) > 1 THEN max(group_name) END AS another_group,
    user_status,
    account_name,
    account_id,
    user_id,
    permission_set_arn
FROM paths
GROUP BY user_id, user_name, user_status, account_id, account_name, permission_set_arn, permission_set_name
HAVING count(*) > 1
ORDER BY paths DESC, user_name, user_id, permission_set_name, permission_set_arn
