-- title: Groups with nearly the same members
-- description: Pairs of groups that share at least so many percent of the members that either has, the most alike first. Groups of fewer than two members are left out.
-- family: group
-- question: 40
-- param percent (number) = 80: how much of their members they share at least
-- example: 90
-- not during: it compares the state of one snapshot
WITH sizes AS MATERIALIZED (
    SELECT group_id, count(*) AS members FROM group_memberships GROUP BY group_id HAVING count(*) > 1
),
pairs AS (
    SELECT a.group_id AS one, b.group_id AS other, count(*) AS shared
    FROM group_memberships AS a
    JOIN group_memberships AS b ON b.user_id = a.user_id AND b.group_id > a.group_id
    GROUP BY a.group_id, b.group_id
)
SELECT
    g.display_name AS group_name,
    o.display_name AS other_name,
    100 * p.shared / (n.members + m.members - p.shared) AS percent_shared,
    p.shared AS members_shared,
    n.members,
    m.members AS other_members,
    p.one AS group_id,
    p.other AS other_group_id
FROM pairs AS p
JOIN sizes AS n ON n.group_id = p.one
JOIN sizes AS m ON m.group_id = p.other
LEFT JOIN groups AS g ON g.group_id = p.one
LEFT JOIN groups AS o ON o.group_id = p.other
WHERE 100.0 * p.shared / (n.members + m.members - p.shared) >= :percent
ORDER BY percent_shared DESC, members_shared DESC, g.display_name, o.display_name, p.one, p.other
