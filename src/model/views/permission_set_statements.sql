-- A boundary allows nothing by itself: it takes away what it does not allow.
SELECT
    p.permission_set_arn, -- ARN of the permission set
    n.name AS permission_set_name, -- name of the permission set
    CAST(NULL AS TEXT) AS account_id, -- id of the account where a customer managed policy was read; NULL elsewhere
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
    CAST(CASE WHEN coalesce(p.document, m.document) IS NOT NULL THEN d.problem
        WHEN p.policy LIKE 'arn:%' OR p.kind = 'inline' THEN 'the document was not read'
        ELSE 'each account has its own document, which was not read' END AS TEXT) AS reason -- why there is no statement; NULL where there is
FROM permission_set_policies AS p
LEFT JOIN permission_sets AS n ON n.permission_set_arn = p.permission_set_arn
LEFT JOIN managed_policies AS m ON m.policy_arn = p.policy
LEFT JOIN policy_documents AS d
    ON d.length = length(coalesce(p.document, m.document)) AND d.document = coalesce(p.document, m.document)
LEFT JOIN document_statements AS s ON s.document_id = d.document_id
LEFT JOIN json_each(coalesce(s.action, '[null]')) AS a
