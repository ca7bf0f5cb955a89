-- title: Permission sets that came or went
-- description: Each time that a permission set was created or deleted since a day, the newest first, and to how many accounts it is assigned now.
-- family: change
-- question: 56
-- param since (date) = 2000-01-01: only what was seen from then on
-- example: 2026-01-01
SELECT
    c.taken_at,
    c.name AS permission_set_name,
    CASE c.change WHEN 'added' THEN 'new' WHEN 'removed' THEN 'deleted' ELSE 'unknown: a gap may have hidden it before' END AS event,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = c.permission_set_arn) AS accounts_now,
    c.created_at,
    c.description,
    c.snapshot_id,
    c.permission_set_arn
FROM permission_sets_changes AS c
WHERE c.change <> 'changed' AND c.taken_at >= :since
ORDER BY c.snapshot_id DESC, c.name, c.permission_set_arn
