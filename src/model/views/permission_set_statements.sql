-- A boundary allows nothing by itself: it takes away what it does not allow.
SELECT
    p.permission_set_arn, -- ARN of the permission set
    n.name AS permission_set_name, -- name of the permission set
    CAST(p.account_id AS TEXT) AS account_id, -- id of the account whose customer managed policy it is; NULL of other policies, and of a row for the accounts that were not read
    p.kind AS source, -- inline, aws_managed, customer_managed or permissions_boundary
    p.policy, -- ARN of an AWS managed policy; path and name of a customer managed one; inline for an inline one
    d.document_id, -- SHA-256 of the text
    s.statement_index, -- place of the statement, from 0
    s.sid, -- its Sid
    s.effect, -- Allow or Deny; NULL where the policy was not read, or has no statement
    CAST(a.value AS TEXT) AS action, -- one pattern of Action; NULL where it has NotAction
    s.not_action, -- the patterns of NotAction, a JSON array
    s.resource, -- the patterns of Resource, a JSON array
    s.not_resource, -- the patterns of NotResource, a JSON array
    s.condition, -- Condition, JSON
    CAST(CASE WHEN p.document IS NOT NULL THEN d.problem ELSE p.unread END AS TEXT) AS reason -- why there is no statement; NULL where there is
FROM (
    SELECT h.permission_set_arn, NULL AS account_id, h.kind, h.policy, coalesce(h.document, m.document) AS document,
        CASE
            WHEN h.policy LIKE 'arn:%' OR h.kind = 'inline' THEN 'the document was not read'
            WHEN h.policy IN (SELECT path || name FROM iam_policies)
                THEN 'each account has its own document; rows with an account_id have those that were read'
            ELSE 'each account has its own document, which was not read'
        END AS unread
    FROM permission_set_policies AS h
    LEFT JOIN managed_policies AS m ON m.policy_arn = h.policy
    UNION ALL
    SELECT h.permission_set_arn, i.account_id, h.kind, h.policy, i.document, 'the document was not read'
    FROM iam_policies AS i
    JOIN permission_set_policies AS h ON h.policy = i.path || i.name
    JOIN provisioned_permission_sets AS v ON v.account_id = i.account_id AND v.permission_set_arn = h.permission_set_arn
    WHERE h.kind IN ('customer_managed', 'permissions_boundary')
) AS p
LEFT JOIN permission_sets AS n ON n.permission_set_arn = p.permission_set_arn
LEFT JOIN policy_documents AS d ON d.length = length(p.document) AND d.document = p.document
LEFT JOIN document_statements AS s ON s.document_id = d.document_id
LEFT JOIN json_each(coalesce(s.action, '[null]')) AS a
