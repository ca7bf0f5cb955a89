-- title: Sets that can change IAM or the organization
-- description: Every statement of a permission set's policies that allows more than reading of IAM, Identity Center with its directory, or AWS Organizations, with the resources that it is limited to. A pattern counts if it is not one of Get, List, Describe, Search, Simulate or Generate. A policy that was not read has a row with the reason.
-- family: permission-set
-- question: 30
-- not weighed: Deny statements, permissions boundaries, conditions and service control policies
-- not during: it compares the state of one snapshot
WITH parts AS (
    SELECT s.*,
        CASE WHEN instr(s.action, ':') = 0 THEN lower(s.action) ELSE lower(substr(s.action, 1, instr(s.action, ':') - 1)) END AS service,
        CASE WHEN instr(s.action, ':') = 0 THEN '*' ELSE lower(substr(s.action, instr(s.action, ':') + 1)) END AS name
    FROM permission_set_statements AS s
    WHERE s.source <> 'permissions_boundary' AND (s.effect = 'Allow' OR s.effect IS NULL)
),
-- A pattern of IAM is one of LIKE with other signs.
changing AS (
    SELECT p.*, v.service AS hit
    FROM parts AS p
    JOIN (SELECT 'iam' AS service UNION ALL SELECT 'sso' UNION ALL SELECT 'sso-directory'
          UNION ALL SELECT 'identitystore' UNION ALL SELECT 'organizations') AS v
        ON p.effect IS NOT NULL AND (p.action IS NULL
            OR v.service LIKE replace(replace(replace(p.service, '_', '!_'), '*', '%'), '?', '_') ESCAPE '!')
    WHERE p.name IS NULL OR NOT (p.name LIKE 'get%' OR p.name LIKE 'list%' OR p.name LIKE 'describe%' OR p.name LIKE 'search%'
        OR p.name LIKE 'simulate%' OR p.name LIKE 'generate%')
),
but_these AS (
    SELECT DISTINCT c.not_action, c.hit
    FROM changing AS c, json_each(c.not_action) AS n
    WHERE c.hit || ':' LIKE replace(replace(replace(lower(n.value), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
)
SELECT
    f.permission_set_name,
    f.changes,
    f.actions,
    f.resources,
    f.conditional,
    f.source,
    f.not_read,
    f.account_id,
    f.policy,
    f.permission_set_arn
FROM (
    SELECT DISTINCT
        c.permission_set_name,
        CASE c.hit WHEN 'iam' THEN 'IAM' WHEN 'organizations' THEN 'the organization' ELSE 'Identity Center' END AS changes,
        coalesce(c.action, 'all but ' || c.not_action) AS actions,
        coalesce(c.resource, 'all but ' || c.not_resource) AS resources,
        CASE WHEN c.condition IS NULL THEN 'no' ELSE 'yes' END AS conditional,
        c.source,
        NULL AS not_read,
        c.account_id,
        c.policy,
        c.permission_set_arn
    FROM changing AS c
    WHERE c.not_action IS NULL
        OR NOT EXISTS (SELECT 1 FROM but_these AS b WHERE b.not_action = c.not_action AND b.hit = c.hit)
    UNION ALL
    SELECT s.permission_set_name, NULL, NULL, NULL, NULL, s.source, s.reason, s.account_id, s.policy, s.permission_set_arn
    FROM parts AS s
    WHERE s.effect IS NULL AND s.reason IS NOT NULL
) AS f
ORDER BY f.permission_set_name, f.permission_set_arn, f.changes, f.actions, f.source, f.policy, f.account_id, f.resources, f.conditional
