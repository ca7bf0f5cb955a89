-- title: Wildcard actions in inline policies
-- description: Every action with a * that an inline policy allows, by service, and whether on all resources. What managed policies allow is not read.
-- family: permission-set
-- question: 32
-- not during: it compares the state of one snapshot
SELECT DISTINCT
    CASE WHEN instr(s.action, ':') = 0 THEN '*' ELSE lower(substr(s.action, 1, instr(s.action, ':') - 1)) END AS service,
    s.action,
    s.permission_set_name,
    -- A pattern that is * alone: a quote within a pattern has a backslash before it.
    CASE WHEN instr(s.resource, '"*"') > 0 THEN 'all' WHEN s.resource IS NULL THEN 'all but some' ELSE 'some' END AS resources,
    CASE WHEN s.condition IS NULL THEN 'no' ELSE 'yes' END AS conditional,
    s.permission_set_arn
FROM permission_set_statements AS s
WHERE s.source = 'inline' AND s.effect = 'Allow' AND instr(s.action, '*') > 0
ORDER BY service, s.action, s.permission_set_name, s.permission_set_arn, resources, conditional
