-- title: Accounts unlike the rest of their OU or tag
-- description: Finding missing: the account lacks an assignment that at least MIN_SHARE percent of its OU (with all OUs beneath), of a tag's accounts or of all accounts have. Finding more: it has one that at most the remaining share of its own OU has, and that no OU or tag gives. Finding not_seen: the assignment may be there, for a gap hides it. have and accounts count the scope; since is when the assignment went or came, empty where it never was; moved_at and retagged_at are when the account last changed its place or tags. Only active accounts other than the management account, and scopes of at least three. Only this program answers it: other SQLite tools lack its function.
-- family: account
-- param min_share (number) = 80: this share of the accounts makes a rule, in percent above 50
-- example: 90
-- not during: exceptions are those of one snapshot
-- not portable: a function of this program compares the accounts
SELECT
    CASE
        WHEN w.finding = 'missing' AND EXISTS (
            SELECT 1 FROM answering_snapshot AS n JOIN gaps AS h ON h.snapshot_id = n.snapshot_id
            WHERE h.resource = 'account_assignments'
              AND coalesce(json_extract(h.scope, '$.account_id'), w.account_id) = w.account_id
              AND coalesce(json_extract(h.scope, '$.permission_set_arn'), w.permission_set_arn) = w.permission_set_arn
              AND coalesce(json_extract(h.scope, '$.principal_id'), w.principal_id) = w.principal_id)
        THEN 'not_seen' ELSE w.finding
    END AS finding,
    c.name AS account_name,
    s.name AS permission_set_name,
    w.principal_type,
    CASE w.principal_type
        WHEN 'GROUP' THEN (SELECT g.display_name FROM groups AS g WHERE g.group_id = w.principal_id)
        ELSE (SELECT u.user_name FROM users AS u WHERE u.user_id = w.principal_id)
    END AS principal_name,
    w.rule,
    w.scope,
    (SELECT t.ou_path FROM organization_tree AS t WHERE w.rule = 'ou_id' AND t.id = w.scope) AS scope_name,
    w.have,
    w.accounts,
    CASE w.finding
        WHEN 'more' THEN (SELECT max(h.first_seen_at) FROM account_assignments_history AS h
            WHERE h.account_id = w.account_id AND h.permission_set_arn = w.permission_set_arn
              AND h.principal_type = w.principal_type AND h.principal_id = w.principal_id)
        ELSE (SELECT max(h.gone_at) FROM account_assignments_history AS h
            WHERE h.account_id = w.account_id AND h.permission_set_arn = w.permission_set_arn
              AND h.principal_type = w.principal_type AND h.principal_id = w.principal_id)
    END AS since,
    (SELECT max(h.taken_at) FROM accounts_changes AS h
     WHERE h.account_id = w.account_id AND h.change = 'changed'
       AND json_type(h.fields, '$.parent_id') IS NOT NULL) AS moved_at,
    (SELECT max(h.taken_at) FROM tags_changes AS h
     WHERE h.resource_type = 'account' AND h.resource_id = w.account_id
       AND h.snapshot_id > (SELECT min(n.snapshot_id) FROM snapshots AS n)) AS retagged_at,
    w.account_id,
    w.principal_id,
    w.permission_set_arn
FROM (
    SELECT
        json_extract(r.value, '$[0]') AS permission_set_arn,
        json_extract(r.value, '$[1]') AS principal_type,
        json_extract(r.value, '$[2]') AS principal_id,
        json_extract(r.value, '$[3]') AS account_id,
        json_extract(r.value, '$[4]') AS finding,
        json_extract(r.value, '$[5]') AS rule,
        json_extract(r.value, '$[6]') AS scope,
        json_extract(r.value, '$[7]') AS have,
        json_extract(r.value, '$[8]') AS accounts
    FROM json_each(orgcensus_scope_exceptions(
        (SELECT json_group_array(json_array(c.account_id, c.parent_id)) FROM accounts AS c
         WHERE c.state = 'ACTIVE' AND c.is_management_account IS NOT 1),
        (SELECT json_group_array(json_array(o.ou_id, o.parent_id)) FROM organizational_units AS o),
        (SELECT json_group_array(json_array(t.resource_id, t.key, t.value)) FROM tags AS t
         WHERE t.resource_type = 'account'),
        (SELECT json_group_array(json_array(a.account_id, a.permission_set_arn, a.principal_type, a.principal_id))
         FROM account_assignments AS a),
        :min_share)) AS r
) AS w
LEFT JOIN accounts AS c ON c.account_id = w.account_id
LEFT JOIN permission_sets AS s ON s.permission_set_arn = w.permission_set_arn
ORDER BY finding, w.rule, w.scope, permission_set_name, w.permission_set_arn, principal_name, w.principal_id, account_name, w.account_id
