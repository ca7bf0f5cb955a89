-- title: Wildcard actions in inline policies
-- description: Every action with a * that an inline policy allows, by service, and whether on all resources. What managed policies allow is not read.
-- family: permission-set
-- question: 32
-- not during: it compares the state of one snapshot
WITH documents AS MATERIALIZED (
    SELECT p.permission_set_arn, p.document
    FROM permission_set_policies AS p
    WHERE p.kind = 'inline' AND json_valid(p.document)
),
statements AS (
    SELECT d.permission_set_arn, s.value AS statement
    FROM documents AS d,
         json_each(CASE json_type(d.document, '$.Statement')
                       WHEN 'array' THEN json_extract(d.document, '$.Statement')
                       WHEN 'object' THEN json_array(json(json_extract(d.document, '$.Statement')))
                       ELSE '[]' END) AS s
    WHERE s.type = 'object'
),
allowed AS (
    SELECT s.permission_set_arn, s.statement, a.value AS action
    FROM statements AS s,
         json_each(CASE json_type(s.statement, '$.Action')
                       WHEN 'array' THEN json_extract(s.statement, '$.Action')
                       WHEN 'text' THEN json_array(json_extract(s.statement, '$.Action'))
                       ELSE '[]' END) AS a
    WHERE json_extract(s.statement, '$.Effect') = 'Allow' AND a.type = 'text'
)
SELECT DISTINCT
    CASE WHEN instr(a.action, ':') = 0 THEN '*' ELSE lower(substr(a.action, 1, instr(a.action, ':') - 1)) END AS service,
    a.action,
    s.name AS permission_set_name,
    CASE WHEN EXISTS (
            SELECT 1 FROM json_each(CASE json_type(a.statement, '$.Resource')
                WHEN 'array' THEN json_extract(a.statement, '$.Resource')
                WHEN 'text' THEN json_array(json_extract(a.statement, '$.Resource'))
                ELSE '[]' END) AS r
            WHERE r.value = '*') THEN 'all' WHEN json_type(a.statement, '$.Resource') IS NULL THEN 'all but some' ELSE 'some' END AS resources,
    CASE WHEN json_type(a.statement, '$.Condition') IS NULL THEN 'no' ELSE 'yes' END AS conditional,
    a.permission_set_arn
FROM allowed AS a
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
WHERE instr(a.action, '*') > 0
ORDER BY service, a.action, s.name, a.permission_set_arn, resources, conditional
