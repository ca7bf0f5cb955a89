-- title: Which permission sets can pass roles
-- description: Every statement of a permission set's policies that allows iam:PassRole, with the resources that it is limited to. A Deny and a boundary may take it away; a policy that was not read has a row with the reason.
-- family: permission-set
-- not during: it compares the state of one snapshot
WITH statements AS MATERIALIZED (
    SELECT * FROM permission_set_statements WHERE source <> 'permissions_boundary'
),
-- A pattern of IAM is one of LIKE with other signs; here no case counts.
but_this AS (
    SELECT s.not_action FROM statements AS s, json_each(s.not_action) AS n
    WHERE 'iam:passrole' LIKE replace(replace(replace(lower(n.value), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
)
SELECT
    s.permission_set_name,
    coalesce(s.resource, 'all but ' || s.not_resource) AS resources,
    coalesce(s.action, 'all but ' || s.not_action) AS actions,
    s.source,
    s.condition,
    s.reason AS not_read,
    s.policy,
    s.permission_set_arn
FROM statements AS s
WHERE s.effect IS NULL
    OR s.effect = 'Allow'
        AND 'iam:passrole' LIKE replace(replace(replace(lower(s.action), '_', '!_'), '*', '%'), '?', '_') ESCAPE '!'
    OR s.effect = 'Allow' AND s.not_action IS NOT NULL AND s.not_action NOT IN (SELECT b.not_action FROM but_this AS b)
ORDER BY s.permission_set_name, s.permission_set_arn, s.source, s.policy, s.statement_index, s.action
