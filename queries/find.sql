-- title: Everything with a text in its name
-- description: Users, groups, accounts, permission sets, OUs, policies and applications that have, or ever had, the text in a name, an e-mail address or an id, whatever its case; what is gone too.
-- family: steps
-- param part (text): part of a name, an e-mail address or an id
-- example: payments
-- not during: it tells of all snapshots up to one
WITH named (kind, id, text, name, valid_from, valid_to, last_seen_at) AS (
    SELECT 'user', h.user_id, concat_ws(' ', h.user_id, h.user_name, h.display_name, h.primary_email, h.emails),
           h.user_name, h.valid_from, h.valid_to, h.last_seen_at
    FROM users_history AS h
    UNION ALL
    SELECT 'group', h.group_id, concat_ws(' ', h.group_id, h.display_name), h.display_name, h.valid_from, h.valid_to,
           h.last_seen_at
    FROM groups_history AS h
    UNION ALL
    SELECT 'account', h.account_id, concat_ws(' ', h.account_id, h.name, h.email), h.name, h.valid_from, h.valid_to,
           h.last_seen_at
    FROM accounts_history AS h
    UNION ALL
    SELECT 'permission set', h.permission_set_arn, concat_ws(' ', h.permission_set_arn, h.name), h.name, h.valid_from,
           h.valid_to, h.last_seen_at
    FROM permission_sets_history AS h
    UNION ALL
    SELECT 'OU', h.ou_id, concat_ws(' ', h.ou_id, h.name), h.name, h.valid_from, h.valid_to, h.last_seen_at
    FROM organizational_units_history AS h
    UNION ALL
    SELECT 'policy', h.policy_id, concat_ws(' ', h.policy_id, h.name), h.name, h.valid_from, h.valid_to, h.last_seen_at
    FROM organization_policies_history AS h
    UNION ALL
    SELECT 'application', h.application_arn, concat_ws(' ', h.application_arn, h.name), h.name, h.valid_from, h.valid_to,
           h.last_seen_at
    FROM applications_history AS h
),
-- The last version that has the text tells the name; the last one of all whether it is still there.
found AS (
    SELECT n.kind, n.id, n.name, max(n.valid_from) AS of
    FROM named AS n
    WHERE instr(lower(n.text), lower(:part)) > 0
    GROUP BY n.kind, n.id
)
SELECT
    f.kind,
    f.name,
    CASE WHEN l.valid_to IS NULL THEN 'there' ELSE 'gone' END AS state,
    f.id,
    l.last_seen_at,
    l.name AS name_now
FROM found AS f
JOIN (SELECT n.kind, n.id, n.name, n.valid_to, n.last_seen_at, max(n.valid_from) AS last FROM named AS n GROUP BY n.kind, n.id) AS l
    ON l.kind = f.kind AND l.id = f.id
ORDER BY f.kind, f.name, f.id
