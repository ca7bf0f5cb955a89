-- The principals' reasons are those of effective_access_unknown. An account or a permission set that is in no
-- table although it was looked for is missing; where a gap may hide it, it is not known whether it exists. A gap
-- of accounts may be of one account, of one OU or of all: only one of another account hides nothing.
SELECT
    u.account_id, -- id of the account
    u.permission_set_arn, -- ARN of the permission set
    u.principal_type, -- USER or GROUP
    u.principal_id, -- id of the user or group
    u.reason -- why it leads nowhere, or why that is not known: principal_deleted, principal_not_listed, members_not_listed, member_users_not_listed, account_missing, account_not_listed, permission_set_missing, permission_set_not_listed, or account_ and a state such as suspended
FROM effective_access_unknown AS u
UNION ALL
SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id, CAST('account_' || lower(c.state) AS TEXT)
-- Few accounts are not active: they lead the way (CROSS JOIN).
FROM accounts AS c
CROSS JOIN account_assignments AS a ON a.account_id = c.account_id
WHERE c.state <> 'ACTIVE'
UNION ALL
SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id,
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                     WHERE n.resource = 'accounts'
                       AND (n.scope NOT LIKE '{"account_id":%' OR n.scope = json_object('account_id', a.account_id))
                       AND (n.scope <> '{}' OR NOT EXISTS (
                           SELECT 1 FROM seen_under_gaps AS x
                           WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'accounts'
                             AND x.scope = json_object('account_id', a.account_id))))
        THEN 'account_not_listed' ELSE 'account_missing'
    END AS TEXT)
FROM account_assignments AS a
WHERE a.account_id IN (SELECT q.account_id FROM account_assignments AS q EXCEPT SELECT c.account_id FROM accounts AS c)
UNION ALL
SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id,
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                     WHERE n.resource = 'permission_sets'
                       AND n.scope IN ('{}', json_object('permission_set_arn', a.permission_set_arn))
                       AND (n.scope <> '{}' OR NOT EXISTS (
                           SELECT 1 FROM seen_under_gaps AS x
                           WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'permission_sets'
                             AND x.scope = json_object('permission_set_arn', a.permission_set_arn))))
        THEN 'permission_set_not_listed' ELSE 'permission_set_missing'
    END AS TEXT)
FROM account_assignments AS a
WHERE a.permission_set_arn IN (
    SELECT q.permission_set_arn FROM account_assignments AS q
    EXCEPT SELECT p.permission_set_arn FROM permission_sets AS p)
