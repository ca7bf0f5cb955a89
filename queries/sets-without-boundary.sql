-- title: Permission sets without a boundary
-- description: Permission sets without a permissions boundary, and in how many accounts they are assigned; the most widely assigned come first. Where the policies could not be listed, the finding says that it is not known.
-- family: permission-set
-- question: 28
-- not during: it compares the state of one snapshot
SELECT
    s.name AS permission_set_name,
    CASE WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS t JOIN gaps AS n ON n.snapshot_id = t.snapshot_id
            WHERE n.resource = 'permission_set_policies'
                AND coalesce(json_extract(n.scope, '$.permission_set_arn'), s.permission_set_arn) = s.permission_set_arn)
        THEN 'not known: policies were not listed' ELSE 'no boundary' END AS finding,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = s.permission_set_arn) AS accounts,
    CASE WHEN s.permission_set_arn IN (SELECT r.permission_set_arn FROM privileged_permission_sets AS r WHERE r.level = 'administrator' AND r.scope = 'any')
        THEN 'yes' ELSE 'no' END AS privileged,
    s.description,
    s.permission_set_arn
FROM permission_sets AS s
WHERE s.permission_set_arn NOT IN (
    SELECT p.permission_set_arn FROM permission_set_policies AS p WHERE p.kind = 'permissions_boundary')
ORDER BY accounts DESC, s.name, s.permission_set_arn
