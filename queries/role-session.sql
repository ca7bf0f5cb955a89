-- title: Whose role or session an ARN names
-- description: From the name of a role AWSReservedSSO_…, its ARN or the ARN of a session, as CloudTrail has them: the permission set, the account, and the user whose name or e-mail address the session has, if the ARN has one, with whether the user has that access in the snapshot.
-- family: steps
-- question: 94
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
    n.name AS permission_set_name,
    c.name AS account_name,
    n.session AS session_name,
    CASE WHEN n.session IS NULL THEN NULL ELSE coalesce(u.user_name, '(no such user)') END AS user_name,
    CASE
        WHEN u.user_id IS NULL OR n.account_id IS NULL OR s.permission_set_arn IS NULL THEN NULL
        WHEN EXISTS (
            SELECT 1 FROM effective_access AS e
            WHERE e.user_id = u.user_id AND e.account_id = n.account_id AND e.permission_set_arn = s.permission_set_arn) THEN 'yes'
        ELSE 'no'
    END AS has_access,
    CASE WHEN n.name IS NULL THEN 'this is no role of a permission set'
        WHEN s.permission_set_arn IS NULL THEN 'no permission set has this name in the snapshot'
        WHEN n.account_id IS NOT NULL AND c.account_id IS NULL THEN 'the account is not in the snapshot' END AS finding,
    n.account_id,
    u.user_id,
    s.permission_set_arn
FROM (SELECT 1) AS one
LEFT JOIN named AS n
LEFT JOIN permission_sets AS s ON s.name = n.name
LEFT JOIN accounts AS c ON c.account_id = n.account_id
LEFT JOIN users AS u ON lower(u.user_name) = lower(n.session) OR lower(u.primary_email) = lower(n.session)
ORDER BY u.user_name, u.user_id, s.permission_set_arn
