-- title: Who else could use a role
-- description: From the ARN of a role AWSReservedSSO_… or of a session of it, everybody who has that permission set in that account in the snapshot: ask with --at the time of the event. From the name of a role alone, in every account.
-- family: steps
-- question: 95
-- param role (text): name or ARN of the role, or ARN of the session
-- example: arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Admin_0123456789abcdef/ana
-- not during: use --at the time of the event
WITH typed AS (
    -- From the name of the role on: the path of an ARN may have slashes before it.
    SELECT substr(:role, instr(:role, 'AWSReservedSSO_') + 15) AS rest,
        CASE WHEN instr(:role, '::') > 0 THEN substr(:role, instr(:role, '::') + 2, 12) END AS account_id
    WHERE instr(:role, 'AWSReservedSSO_') > 0
),
parts AS (
    SELECT CASE WHEN instr(rest, '/') > 0 THEN substr(rest, 1, instr(rest, '/') - 1) ELSE rest END AS role,
        CASE WHEN instr(rest, '/') > 0 THEN substr(rest, instr(rest, '/') + 1) END AS session, account_id
    FROM typed
),
-- From the right: the name of a permission set may end like the suffix.
named AS MATERIALIZED (
    SELECT substr(role, 1, length(role) - 17) AS name, session, account_id
    FROM parts
    WHERE length(role) > 17 AND substr(role, -17, 1) = '_'
)
SELECT
    e.user_name AS user_name,
    CASE WHEN e.user_id IN (
            SELECT u.user_id FROM users AS u
            JOIN named AS n ON lower(u.user_name) = lower(n.session) OR lower(u.primary_email) = lower(n.session))
        THEN 'yes' ELSE 'no' END AS is_the_session,
    e.permission_set_name AS permission_set_name,
    e.account_name AS account_name,
    e.via AS via,
    e.group_name AS group_name,
    e.user_status AS user_status,
    e.first_seen_at AS first_seen_at,
    e.not_before AS not_before,
    e.account_id AS account_id,
    e.user_id AS user_id,
    e.group_id AS group_id,
    e.permission_set_arn AS permission_set_arn
FROM effective_access AS e
WHERE e.permission_set_arn = (SELECT s.permission_set_arn FROM named AS n JOIN permission_sets AS s ON s.name = n.name
                              ORDER BY s.permission_set_arn LIMIT 1)
    AND e.account_id = coalesce((SELECT n.account_id FROM named AS n), e.account_id)
UNION ALL
SELECT '(no permission set has this role)', NULL, :role, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
WHERE NOT EXISTS (SELECT 1 FROM named AS n JOIN permission_sets AS s ON s.name = n.name)
ORDER BY user_name, user_id, account_name, account_id, via, group_name, group_id, permission_set_arn
