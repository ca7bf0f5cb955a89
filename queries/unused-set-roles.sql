-- title: Permission sets that nobody used in an account
-- description: Each permission set and account whose role nobody used for so many days before the snapshot, or in AWS's tracking period of 400 days at most. A row whose use was not read says so. A use is stored when it is newer by some days than the one before (--activity-step). Nothing is known of the accounts that were not read.
-- family: use
-- question: 60
-- param days (number) = 90: how many days nobody used it
-- example: 180
-- not during: last uses are the state of one snapshot
SELECT
    r.permission_set_name,
    c.name AS account_name,
    CASE
        WHEN r.is_use_known = 0 THEN 'not known'
        WHEN r.last_used_at IS NULL THEN 'no use in the tracking period'
        ELSE 'last used long ago'
    END AS finding,
    r.last_used_at,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.account_id = r.account_id AND a.permission_set_arn = r.permission_set_arn) AS assignments,
    r.reason AS set_not_certain,
    r.created_at,
    r.role_name,
    r.account_id,
    r.permission_set_arn
FROM permission_set_roles AS r
CROSS JOIN answering_snapshot AS s
LEFT JOIN accounts AS c ON c.account_id = r.account_id
WHERE r.is_use_known = 0 OR r.last_used_at IS NULL
    OR unixepoch(s.completed_at) - unixepoch(r.last_used_at) > :days * 86400
ORDER BY r.permission_set_name, c.name, r.account_id, r.role_name
