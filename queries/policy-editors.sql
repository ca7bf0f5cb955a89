-- title: Who can edit the policies behind sets
-- description: Permission sets, and IAM users, groups and roles, that are allowed to give a customer managed policy a new version, or to choose one, in an account where a permission set uses the policy, also as a boundary: by iam:CreatePolicyVersion or iam:SetDefaultPolicyVersion. A policy of a permission set that may allow it too, but was not read, has a row at the end. The roles of permission sets are left out. Nothing is known of the IAM of accounts that were not read.
-- family: hygiene
-- question: 72
-- not weighed: Deny statements, permissions boundaries, conditions and service control policies
-- not during: it compares the state of one snapshot
WITH statements AS MATERIALIZED (
    SELECT s.permission_set_arn, s.permission_set_name, s.account_id, s.source, s.policy, s.effect, s.action, s.not_action,
        s.resource, s.reason
    FROM permission_set_statements AS s
    WHERE s.source <> 'permissions_boundary' AND (s.effect = 'Allow' OR s.effect IS NULL AND s.reason IS NOT NULL)
),
targets AS MATERIALIZED (
    SELECT DISTINCT h.policy, v.account_id,
        substr(h.permission_set_arn, 1, instr(h.permission_set_arn, ':sso:')) || 'iam::' || v.account_id || ':policy' || h.policy AS arn
    FROM permission_set_policies AS h
    JOIN provisioned_permission_sets AS v ON v.permission_set_arn = h.permission_set_arn
    WHERE h.kind IN ('customer_managed', 'permissions_boundary') AND h.policy NOT LIKE 'arn:%'
),
-- What permission sets allow, and what the policies do that an IAM user, group or role may have.
allowed AS MATERIALIZED (
    SELECT s.permission_set_arn, s.permission_set_name, s.account_id, s.source, s.policy, s.action, s.not_action, s.resource
    FROM statements AS s
    WHERE s.effect = 'Allow'
    UNION ALL
    SELECT NULL, NULL, p.account_id, p.source, p.policy, p.action, p.not_action, p.resource
    FROM policy_statements AS p
    WHERE p.effect = 'Allow' AND p.source IN ('inline', 'customer_managed', 'aws_managed')
),
-- What a NotAction leaves out: a pattern of IAM is one of LIKE with other signs.
but_these AS (
    SELECT DISTINCT s.not_action
    FROM allowed AS s, json_each(s.not_action) AS n
    WHERE 'iam:createpolicyversion' LIKE replace(replace(replace(lower(n.value), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
),
editing AS MATERIALIZED (
    SELECT DISTINCT s.permission_set_arn, s.permission_set_name, s.account_id, s.source, s.policy,
        replace(replace(replace(r.value, '_', '!_'), '*', '%'), '?', '_') AS pattern
    FROM allowed AS s, json_each(coalesce(s.resource, '["*"]')) AS r
    WHERE 'iam:createpolicyversion' LIKE replace(replace(replace(lower(s.action), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
        OR 'iam:setdefaultpolicyversion' LIKE replace(replace(replace(lower(s.action), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
        OR s.not_action IS NOT NULL AND s.not_action NOT IN (SELECT b.not_action FROM but_these AS b)
),
held AS (
    SELECT a.account_id, a.principal_type, a.principal_name, coalesce(a.policy_name, a.policy) AS through,
        CASE a.kind WHEN 'inline' THEN lower(a.principal_type) || '/' || a.principal_name || '/' || a.policy ELSE a.policy END AS policy
    FROM iam_policy_attachments AS a
    WHERE a.account_id IN (SELECT t.account_id FROM targets AS t) AND substr(a.principal_name, 1, 15) <> 'AWSReservedSSO_'
),
of_iam AS MATERIALIZED (
    SELECT DISTINCT h.account_id, h.principal_type, h.principal_name, h.through, e.pattern
    FROM held AS h
    JOIN editing AS e ON e.permission_set_arn IS NULL AND e.policy = h.policy
        AND (e.account_id = h.account_id OR e.account_id IS NULL AND e.source = 'aws_managed')
)
SELECT
    f.policy,
    f.editor_kind,
    f.editor,
    f.accounts,
    f.example_account_id,
    f.through,
    f.not_read
FROM (
    SELECT t.policy, 'permission set' AS editor_kind, e.permission_set_name AS editor, count(DISTINCT t.account_id) AS accounts,
        min(t.account_id) AS example_account_id,
        CASE e.source WHEN 'inline' THEN 'inline' ELSE e.policy END AS through, NULL AS not_read, e.permission_set_arn AS editor_id
    FROM editing AS e
    JOIN provisioned_permission_sets AS v ON v.permission_set_arn = e.permission_set_arn
    JOIN targets AS t ON t.account_id = v.account_id AND t.arn LIKE e.pattern ESCAPE '!'
    WHERE e.account_id IS NULL OR e.account_id = t.account_id
    GROUP BY t.policy, e.permission_set_arn, e.permission_set_name, e.source, e.policy
    UNION ALL
    SELECT t.policy, 'IAM ' || lower(e.principal_type), e.principal_name, 1, t.account_id, e.through, NULL, e.principal_name
    FROM of_iam AS e
    JOIN targets AS t ON t.account_id = e.account_id AND t.arn LIKE e.pattern ESCAPE '!'
    GROUP BY t.policy, e.principal_type, e.principal_name, t.account_id, e.through
    UNION ALL
    SELECT DISTINCT NULL, 'permission set', s.permission_set_name, NULL, NULL, s.policy, s.reason, s.permission_set_arn
    FROM statements AS s
    WHERE s.effect IS NULL AND s.account_id IS NULL AND s.permission_set_arn IN (
        SELECT v.permission_set_arn
        FROM provisioned_permission_sets AS v
        WHERE v.account_id IN (SELECT t.account_id FROM targets AS t))
) AS f
ORDER BY f.policy IS NULL, f.policy, f.editor_kind, f.editor, f.editor_id, f.example_account_id, f.through, f.not_read
