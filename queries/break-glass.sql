-- title: Break-glass users and groups
-- description: Users and groups whose name or description has the text, ignoring case, such as break-glass or emergency, with how many members a group has and in how many accounts there is access. Identity Center has no tags on users and groups.
-- family: group
-- question: 74
-- param text (text) = break-glass: part of the name; spaces and hyphens do not count
-- example: emergency
-- not during: it compares the state of one snapshot
SELECT
    t.type,
    t.name,
    t.detail,
    t.members,
    t.assigned_accounts,
    t.id
FROM (
    SELECT 'group' AS type, g.display_name AS name, g.description AS detail,
        (SELECT count(*) FROM group_memberships AS m WHERE m.group_id = g.group_id) AS members,
        (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
         WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP') AS assigned_accounts, g.group_id AS id
    FROM groups AS g
    WHERE instr(replace(replace(lower(coalesce(g.display_name, '') || ' ' || coalesce(g.description, '')), '-', ''), ' ', ''),
        replace(replace(lower(:text), '-', ''), ' ', '')) > 0
    UNION ALL
    SELECT 'user', u.user_name, u.user_status, NULL,
        (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
         WHERE a.principal_id = u.user_id AND a.principal_type = 'USER'), u.user_id
    FROM users AS u
    WHERE instr(replace(replace(lower(coalesce(u.user_name, '') || ' ' || coalesce(u.display_name, '')), '-', ''), ' ', ''),
        replace(replace(lower(:text), '-', ''), ' ', '')) > 0
) AS t
ORDER BY t.type, t.name, t.id
