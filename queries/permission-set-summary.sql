-- title: Services of a permission set by access level
-- description: Each service of which the permission set's policies allow actions, with how many of each access level; wildcards and NotAction are expanded, what a Deny on everything or a boundary takes away is left out, and limits by resource or condition are told. What was not read has a row with the reason in not_read.
-- family: permission-set
-- question: 29
-- not weighed: service control policies, and what a condition says
-- param permission_set (permission_set): permission set name or ARN
-- example: AdministratorAccess
-- not during: what policies come to together is the state of one snapshot
WITH held AS MATERIALIZED (
    SELECT json_group_array(json_object(
        'kind', p.kind,
        'policy', p.policy,
        'document', coalesce(p.document, m.document),
        'unread', CASE WHEN p.policy LIKE 'arn:%' OR p.kind = 'inline' THEN 'the document was not read'
            ELSE 'each account has its own document, which was not read' END)) AS policies
    FROM permission_set_policies AS p
    LEFT JOIN managed_policies AS m ON m.policy_arn = p.policy
    WHERE p.permission_set_arn = :permission_set
),
summary AS (
    SELECT
        s.value ->> 'service' AS service,
        s.value ->> 'list' AS list,
        s.value ->> 'read' AS read,
        s.value ->> 'write' AS write,
        s.value ->> 'permissions' AS permissions,
        s.value ->> 'tagging' AS tagging,
        s.value ->> 'limits' AS limits,
        s.value ->> 'unlisted' AS unlisted,
        s.value ->> 'not_read' AS not_read
    FROM held AS h, json_each(orgcensus_policy_services(h.policies)) AS s
    UNION ALL
    SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
        'policies' || coalesce(' of kind ' || (g.scope ->> 'kind'), '') || ': '
            || coalesce(g.operation, g.kind) || coalesce(' ended with ' || g.error_code, ' was not asked')
            || ': what is listed of it is what was known before'
    FROM answering_snapshot AS a
    CROSS JOIN gaps AS g ON g.snapshot_id = a.snapshot_id AND g.resource = 'permission_set_policies'
    WHERE coalesce(g.scope ->> 'permission_set_arn', :permission_set) = :permission_set
)
SELECT
    s.service,
    s.list,
    s.read,
    s.write,
    s.permissions,
    s.tagging,
    s.limits,
    s.unlisted,
    s.not_read,
    n.name AS permission_set_name,
    :permission_set AS permission_set_arn
FROM summary AS s
LEFT JOIN permission_sets AS n ON n.permission_set_arn = :permission_set
ORDER BY s.service IS NULL, s.service, s.unlisted, s.not_read
