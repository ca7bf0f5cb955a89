-- title: What is above and below an OU
-- description: The OU with what it is in, up to the root, and every OU and account below it: level is how far above (negative) or below each stands.
-- family: organization
-- question: 75
-- param ou (ou): OU id, name or path
-- example: /Workloads
-- not during: a tree is the state of one snapshot
WITH RECURSIVE above (id, level) AS (
    SELECT :ou, 0
    UNION
    SELECT o.parent_id, a.level - 1 FROM above AS a JOIN organizational_units AS o ON o.ou_id = a.id
    WHERE o.parent_id IS NOT NULL AND a.level > -100
),
below (id, level) AS (
    SELECT :ou, 0
    UNION
    SELECT o.ou_id, b.level + 1 FROM below AS b JOIN organizational_units AS o ON o.parent_id = b.id WHERE b.level < 100
),
places AS MATERIALIZED (
    SELECT id, level FROM above
    UNION
    SELECT id, level FROM below
    UNION
    SELECT c.account_id, b.level + 1 FROM below AS b JOIN accounts AS c ON c.parent_id = b.id
)
SELECT
    p.level,
    t.type,
    coalesce(t.name, p.id) AS name,
    t.ou_path,
    t.depth,
    p.id,
    t.parent_id
FROM places AS p
LEFT JOIN organization_tree AS t ON t.id = p.id
ORDER BY p.level < 0 DESC, t.ou_path, t.type = 'account', p.level, t.name, p.id
