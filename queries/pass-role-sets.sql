-- title: Which permission sets can pass roles
-- description: Every statement of a permission set's policies that allows iam:PassRole, with the resources that it is limited to. A Deny and a boundary may take it away; a policy that was not read has a row with the reason.
-- family: permission-set
-- not during: it compares the state of one snapshot
SELECT
    s.permission_set_name,
    coalesce(s.resource, 'all but ' || s.not_resource) AS resources,
    coalesce(s.action, 'all but ' || s.not_action) AS actions,
    s.source,
    s.condition,
    s.reason AS not_read,
    s.policy,
    s.permission_set_arn
FROM permission_set_statements AS s
WHERE s.source <> 'permissions_boundary'
    AND (s.effect IS NULL
        -- A pattern of IAM is one of GLOB but for case and brackets, which no action has.
        OR s.effect = 'Allow' AND 'iam:passrole' GLOB lower(s.action)
        OR s.effect = 'Allow' AND s.not_action IS NOT NULL AND NOT EXISTS (
            SELECT 1 FROM json_each(s.not_action) AS n WHERE 'iam:passrole' GLOB lower(n.value)))
ORDER BY s.permission_set_name, s.permission_set_arn, s.source, s.policy, s.statement_index, s.action
