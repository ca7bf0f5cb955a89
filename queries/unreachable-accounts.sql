-- title: Accounts that nobody can reach
-- description: Accounts without a user who has access by a permission set, and how many assignments they have all the same: of deleted users and groups, or of empty groups. Where assignments, members or users could not be listed, the finding says that it is not known.
-- family: account
-- question: 15
-- not during: it compares the state of one snapshot
WITH principals AS MATERIALIZED (
    SELECT u.user_id AS principal_id FROM users AS u
    UNION ALL
    SELECT g.group_id FROM (SELECT DISTINCT group_id FROM group_memberships) AS g
    WHERE EXISTS (SELECT 1 FROM group_memberships AS m JOIN users AS u ON u.user_id = m.user_id WHERE m.group_id = g.group_id)
),
reached AS MATERIALIZED (
    SELECT DISTINCT account_id FROM account_assignments WHERE principal_id IN (SELECT principal_id FROM principals)
),
unknown AS MATERIALIZED (
    SELECT DISTINCT account_id FROM effective_access_unknown WHERE reason LIKE '%not_listed'
),
-- Of which account: NULL where a gap may hide assignments of any.
unseen AS MATERIALIZED (
    SELECT DISTINCT json_extract(n.scope, '$.account_id') AS account_id
    FROM gaps AS n
    JOIN answering_snapshot AS s ON s.snapshot_id = n.snapshot_id
    WHERE n.resource = 'account_assignments'
)
SELECT
    c.name AS account_name,
    c.account_id,
    CASE WHEN c.account_id IN (SELECT account_id FROM unknown) THEN 'not known: users or members were not listed'
        WHEN EXISTS (SELECT 1 FROM unseen AS n WHERE coalesce(n.account_id, c.account_id) = c.account_id)
            THEN 'not known: assignments were not listed'
        ELSE 'nobody' END AS finding,
    (SELECT count(*) FROM account_assignments AS a WHERE a.account_id = c.account_id) AS assignments,
    c.state AS account_state,
    t.ou_path,
    c.joined_at
FROM accounts AS c
LEFT JOIN organization_tree AS t ON t.id = c.account_id
WHERE c.account_id NOT IN (SELECT account_id FROM reached)
ORDER BY finding, c.name, c.account_id
