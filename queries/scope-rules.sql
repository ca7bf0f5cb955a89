-- title: Rules that give today's assignments
-- description: The fewest rules of the forms root, ou_id (with all OUs beneath), account_tag (KEY^VALUE) and account that give exactly the assignments of active accounts other than the management account. With a MIN_SHARE below 100, a rule may be for a few accounts more, which missing counts and missing_accounts names: those without the assignment. Only this program answers it: other SQLite tools lack its function.
-- family: account
-- param min_share (number) = 100: a rule needs this share of its accounts to have the assignment, in percent above 50
-- example: 90
-- not during: rules are those of one snapshot
-- not portable: a function of this program finds the rules
SELECT
    s.name AS permission_set_name,
    w.principal_type,
    CASE w.principal_type
        WHEN 'GROUP' THEN (SELECT g.display_name FROM groups AS g WHERE g.group_id = w.principal_id)
        ELSE (SELECT u.user_name FROM users AS u WHERE u.user_id = w.principal_id)
    END AS principal_name,
    w.rule,
    w.scope,
    CASE w.rule
        WHEN 'ou_id' THEN (SELECT t.ou_path FROM organization_tree AS t WHERE t.id = w.scope)
        WHEN 'account' THEN (SELECT c.name FROM accounts AS c WHERE c.account_id = w.scope)
    END AS scope_name,
    w.accounts,
    w.missing,
    w.missing_accounts,
    w.principal_id,
    w.permission_set_arn
FROM (
    SELECT
        json_extract(r.value, '$[0]') AS permission_set_arn,
        json_extract(r.value, '$[1]') AS principal_type,
        json_extract(r.value, '$[2]') AS principal_id,
        json_extract(r.value, '$[3]') AS rule,
        json_extract(r.value, '$[4]') AS scope,
        json_extract(r.value, '$[5]') AS accounts,
        json_extract(r.value, '$[6]') AS missing,
        json_extract(r.value, '$[7]') AS missing_accounts
    FROM json_each(orgcensus_scope_rules(
        (SELECT json_group_array(json_array(c.account_id, c.parent_id)) FROM accounts AS c
         WHERE c.state = 'ACTIVE' AND c.is_management_account IS NOT 1),
        (SELECT json_group_array(json_array(o.ou_id, o.parent_id)) FROM organizational_units AS o),
        (SELECT json_group_array(json_array(t.resource_id, t.key, t.value)) FROM tags AS t
         WHERE t.resource_type = 'account'),
        (SELECT json_group_array(json_array(a.account_id, a.permission_set_arn, a.principal_type, a.principal_id))
         FROM account_assignments AS a),
        :min_share)) AS r
) AS w
LEFT JOIN permission_sets AS s ON s.permission_set_arn = w.permission_set_arn
ORDER BY s.name, w.permission_set_arn, w.principal_type, principal_name, w.principal_id, w.rule, w.scope
