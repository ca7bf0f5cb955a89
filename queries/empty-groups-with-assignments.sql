-- title: Empty groups that have assignments
-- description: Groups that nobody is in and that are assigned a permission set: whoever joins gets it. Where the members could not be listed, the finding says that it is not known.
-- family: group
-- question: 36
-- not during: it compares the state of one snapshot
SELECT
    g.display_name AS group_name,
    CASE WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
            WHERE n.resource = 'group_memberships' AND coalesce(json_extract(n.scope, '$.group_id'), g.group_id) = g.group_id) THEN 'not known: members were not listed' ELSE 'no members' END AS finding,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP') AS accounts,
    (SELECT count(DISTINCT a.permission_set_arn) FROM account_assignments AS a
     WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP') AS permission_sets,
    g.description,
    g.group_id
FROM groups AS g
WHERE NOT EXISTS (SELECT 1 FROM group_memberships AS m WHERE m.group_id = g.group_id)
    AND EXISTS (SELECT 1 FROM account_assignments AS a WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP')
ORDER BY accounts DESC, g.display_name, g.group_id
