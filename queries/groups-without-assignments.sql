-- title: Groups that reach nothing
-- description: Groups that are assigned no permission set in any account, and how many members they have. They may be meant for applications. Where a listing of assignments failed that could have one, the finding says that it is not known.
-- family: group
-- question: 37
-- not during: it compares the state of one snapshot
SELECT
    g.display_name AS group_name,
    CASE WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
            WHERE n.resource = 'account_assignments' AND coalesce(json_extract(n.scope, '$.principal_id'), g.group_id) = g.group_id) THEN 'not known: assignments were not listed' ELSE 'no assignment' END AS finding,
    (SELECT count(*) FROM group_memberships AS m WHERE m.group_id = g.group_id) AS members,
    g.description,
    g.created_at,
    g.group_id
FROM groups AS g
WHERE NOT EXISTS (SELECT 1 FROM account_assignments AS a WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP')
ORDER BY members DESC, g.display_name, g.group_id
