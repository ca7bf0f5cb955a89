-- A policy of AWS's is one text after another, and until the first was read it is not known.
SELECT
    p.permission_set_arn, -- ARN of the permission set
    (SELECT n.name FROM permission_sets AS n WHERE n.permission_set_arn = p.permission_set_arn
     ORDER BY n.valid_from DESC LIMIT 1) AS permission_set_name, -- name of the permission set
    p.account_id, -- id of the account whose customer managed policy it is; NULL of other policies, and of a row for the accounts that were not read
    p.kind AS source, -- inline, aws_managed, customer_managed or permissions_boundary
    p.policy, -- ARN of an AWS managed policy; path and name of a customer managed one; inline for an inline one
    d.document_id, -- SHA-256 of the text
    s.statement_index, -- place of the statement, from 0
    s.sid, -- its Sid
    s.effect, -- Allow or Deny; NULL where the policy was not read, or has no statement
    a.value AS action, -- one pattern of Action; NULL where it has NotAction
    s.not_action, -- the patterns of NotAction, a JSON array
    s.resource, -- the patterns of Resource, a JSON array
    s.not_resource, -- the patterns of NotResource, a JSON array
    s.condition, -- Condition, JSON
    CASE WHEN p.document IS NOT NULL THEN d.problem ELSE p.unread END AS reason, -- why there is no statement; NULL where there is
    p.valid_from, -- first snapshot in which it held
    p.valid_to -- first snapshot in which it no longer did; NULL while it holds
FROM (
    SELECT permission_set_arn, NULL AS account_id, kind, policy, document,
        CASE
            WHEN kind = 'inline' THEN 'the document was not read'
            WHEN policy IN (SELECT path || name FROM iam_policies)
                THEN 'each account has its own document; rows with an account_id have those that were read'
            ELSE 'each account has its own document, which was not read'
        END AS unread,
        valid_from, valid_to
    FROM permission_set_policies
    WHERE document IS NOT NULL OR policy NOT LIKE 'arn:%'
    UNION ALL
    SELECT h.permission_set_arn, i.account_id, h.kind, h.policy, i.document, 'the document was not read',
        max(h.valid_from, i.valid_from),
        nullif(min(coalesce(h.valid_to, 9223372036854775807), coalesce(i.valid_to, 9223372036854775807)), 9223372036854775807)
    FROM iam_policies AS i
    JOIN permission_set_policies AS h ON h.policy = i.path || i.name
        AND i.valid_from < coalesce(h.valid_to, 9223372036854775807)
        AND h.valid_from < coalesce(i.valid_to, 9223372036854775807)
    WHERE h.kind IN ('customer_managed', 'permissions_boundary')
        AND EXISTS (SELECT 1 FROM provisioned_permission_sets AS v
            WHERE v.account_id = i.account_id AND v.permission_set_arn = h.permission_set_arn
              AND v.valid_from < coalesce(i.valid_to, 9223372036854775807)
              AND i.valid_from < coalesce(v.valid_to, 9223372036854775807))
    UNION ALL
    SELECT h.permission_set_arn, NULL, h.kind, h.policy, m.document, 'the document was not read', max(h.valid_from, m.valid_from),
        nullif(min(coalesce(h.valid_to, 9223372036854775807), coalesce(m.valid_to, 9223372036854775807)), 9223372036854775807)
    FROM permission_set_policies AS h
    JOIN managed_policies AS m ON m.policy_arn = h.policy
        AND m.valid_from < coalesce(h.valid_to, 9223372036854775807)
        AND h.valid_from < coalesce(m.valid_to, 9223372036854775807)
    WHERE h.document IS NULL AND h.policy LIKE 'arn:%'
    UNION ALL
    SELECT h.permission_set_arn, NULL, h.kind, h.policy, NULL, 'the document was not read', h.valid_from,
        nullif(min(coalesce(h.valid_to, 9223372036854775807), coalesce(min(m.valid_from), 9223372036854775807)), 9223372036854775807)
    FROM permission_set_policies AS h
    LEFT JOIN managed_policies AS m ON m.policy_arn = h.policy
        AND coalesce(m.valid_to, 9223372036854775807) > max(h.valid_from, {from})
    WHERE h.document IS NULL AND h.policy LIKE 'arn:%'
    GROUP BY h.permission_set_arn, h.kind, h.policy, h.valid_from, h.valid_to
    HAVING coalesce(min(m.valid_from), 9223372036854775807) > max(h.valid_from, {from})
) AS p
LEFT JOIN policy_documents AS d ON d.length = length(p.document) AND d.document = p.document
LEFT JOIN document_statements AS s ON s.document_id = d.document_id
LEFT JOIN json_each(coalesce(s.action, '[null]')) AS a
