-- title: Permission sets that nobody is assigned
-- description: Permission sets without an assignment, and to how many accounts they are provisioned all the same. Where a listing of assignments failed that could have one, the finding says that it is not known.
-- family: permission-set
-- question: 23
-- not during: it compares the state of one snapshot
WITH unseen AS MATERIALIZED (
    SELECT DISTINCT json_extract(n.scope, '$.permission_set_arn') AS permission_set_arn
    FROM gaps AS n
    JOIN answering_snapshot AS s ON s.snapshot_id = n.snapshot_id
    WHERE n.resource = 'account_assignments'
)
SELECT
    s.name AS permission_set_name,
    CASE WHEN EXISTS (
            SELECT 1 FROM unseen AS n
            WHERE coalesce(n.permission_set_arn, s.permission_set_arn) = s.permission_set_arn)
        THEN 'not known: assignments were not listed' ELSE 'assigned to nobody' END AS finding,
    (SELECT count(*) FROM provisioned_permission_sets AS p
     WHERE p.permission_set_arn = s.permission_set_arn) AS provisioned_accounts,
    s.created_at,
    s.description,
    s.permission_set_arn
FROM permission_sets AS s
WHERE s.permission_set_arn NOT IN (SELECT a.permission_set_arn FROM account_assignments AS a)
ORDER BY s.name, s.permission_set_arn
