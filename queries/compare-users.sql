-- title: What one user reaches and another not
-- description: Every account and permission set that either of two users has, and who has it: both, or only one of them.
-- family: person
-- question: 7
-- param user (user): user id, name or e-mail address
-- param other (user): the user to compare with
-- example: ana@example.com bo@example.com
-- not during: it compares the state of one snapshot
SELECT
    account_name,
    permission_set_name,
    CASE WHEN count(DISTINCT user_id) = 2 THEN 'both' ELSE 'only ' || min(user_name) END AS held_by,
    count(*) AS paths,
    account_id,
    permission_set_arn
FROM effective_access
WHERE user_id IN (:user, :other)
GROUP BY account_id, account_name, permission_set_arn, permission_set_name
ORDER BY held_by, account_name, account_id, permission_set_name, permission_set_arn
