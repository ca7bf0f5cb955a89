-- title: Which permission sets an account has
-- description: The permission sets that are provisioned to the account or assigned in it: whether at their latest version, to how many users and groups they are assigned, and whether they are privileged.
-- family: account
-- question: 12
-- param account (account): account id, name or e-mail address
-- example: prod
-- not during: it compares the state of one snapshot
WITH sets AS MATERIALIZED (
    SELECT permission_set_arn FROM provisioned_permission_sets WHERE account_id = :account
    UNION
    SELECT permission_set_arn FROM account_assignments WHERE account_id = :account
)
SELECT
    s.name AS permission_set_name,
    CASE p.provisioning_status
        WHEN 'LATEST_PERMISSION_SET_PROVISIONED' THEN 'latest'
        WHEN 'LATEST_PERMISSION_SET_NOT_PROVISIONED' THEN 'outdated'
        ELSE CASE WHEN p.account_id IS NULL THEN 'not provisioned' ELSE 'not told' END
    END AS provisioned,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.account_id = :account AND a.permission_set_arn = t.permission_set_arn AND a.principal_type = 'GROUP') AS groups,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.account_id = :account AND a.permission_set_arn = t.permission_set_arn AND a.principal_type = 'USER') AS users,
    CASE WHEN t.permission_set_arn IN (SELECT r.permission_set_arn FROM privileged_permission_sets AS r WHERE r.level = 'administrator' AND r.scope = 'any')
        THEN 'yes' ELSE 'no' END AS privileged,
    s.session_duration,
    s.description,
    t.permission_set_arn
FROM sets AS t
LEFT JOIN provisioned_permission_sets AS p ON p.account_id = :account AND p.permission_set_arn = t.permission_set_arn
LEFT JOIN permission_sets AS s ON s.permission_set_arn = t.permission_set_arn
ORDER BY s.name, t.permission_set_arn
