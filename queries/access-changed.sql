-- title: What access changed, and why
-- description: Each path of access that was gained, lost or altered since a day, the newest first, with the cause: one row for all members of a group whose assignment changed, and one for each assignment of a user or group that changed. Unknown is what a gap may have hidden before. orgcensus diff --access says who gained or lost what in the end.
-- family: change
-- question: 51
-- param since (date) = 2000-01-01: only what was seen from then on
-- example: 2026-01-01
SELECT
    c.taken_at,
    c.change,
    coalesce(c.user_name, c.users || CASE c.users WHEN 1 THEN ' user' ELSE ' users' END) AS who,
    c.permission_set_name,
    c.account_name,
    c.cause,
    c.group_name,
    c.users,
    c.snapshot_id,
    c.account_id,
    c.permission_set_arn,
    c.group_id,
    c.user_id
FROM access_changes AS c
WHERE c.taken_at >= :since
ORDER BY c.snapshot_id DESC, c.account_name, c.account_id, c.permission_set_name, c.permission_set_arn, c.change, c.cause, c.group_id, c.user_id
