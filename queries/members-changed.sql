-- title: Members added and removed
-- description: Each membership that came or went, the newest first: with when AWS says that it was made, and by whom. Ask for a time between two snapshots with --during, or from a day on with since. A membership that a gap may have hidden before is unknown, not added.
-- family: group
-- question: 38
-- param since (date) = 2000-01-01: only changes that were seen from then on
-- example: 2026-01-01
SELECT
    c.taken_at,
    (SELECT h.display_name FROM groups_history AS h WHERE h.group_id = c.group_id
     ORDER BY h.valid_from DESC LIMIT 1) AS group_name,
    c.change,
    (SELECT h.user_name FROM users_history AS h WHERE h.user_id = c.user_id
     ORDER BY h.valid_from DESC LIMIT 1) AS user_name,
    CASE c.change WHEN 'removed' THEN NULL ELSE c.created_at END AS created_at,
    CASE c.change WHEN 'removed' THEN NULL ELSE c.created_by END AS created_by,
    c.snapshot_id,
    c.group_id,
    c.user_id
FROM group_memberships_changes AS c
WHERE c.change <> 'changed' AND c.taken_at >= :since
ORDER BY c.snapshot_id DESC, group_name, c.group_id, c.change, user_name, c.user_id
