-- A text is found by its length first: no index has long texts. What has a Not is one row, for its patterns say
-- together what is left out.
SELECT
    CAST(p.source AS TEXT) AS source, -- inline, aws_managed, customer_managed, scp, rcp, resource_policy, or another type of the organization's policies in small letters
    p.policy, -- its key: ARN of the permission set of an inline policy, ARN of a managed one, path and name of a customer managed one, id of the organization's
    CAST(p.account_id AS TEXT) AS account_id, -- id of the account where the document is an account's; NULL elsewhere
    d.document_id, -- SHA-256 of the text
    s.statement_index, -- place of the statement, from 0
    s.sid, -- its Sid
    s.effect, -- Allow or Deny; NULL where the policy was not read, or has no statement
    CAST(a.value AS TEXT) AS action, -- one pattern of Action; NULL where it has NotAction
    s.not_action, -- the patterns of NotAction, a JSON array
    s.resource, -- the patterns of Resource, a JSON array
    s.not_resource, -- the patterns of NotResource, a JSON array
    s.principal, -- Principal or NotPrincipal, JSON
    s.condition, -- Condition, JSON
    CAST(CASE WHEN p.document IS NULL THEN p.unread ELSE d.problem END AS TEXT) AS reason -- why there is no statement; NULL where there is
FROM (
    SELECT 'inline' AS source, permission_set_arn AS policy, NULL AS account_id, document, 'the document was not read' AS unread
    FROM permission_set_policies WHERE kind = 'inline'
    UNION ALL
    SELECT 'aws_managed', policy_arn, NULL, document, 'the document was not read' FROM managed_policies
    UNION ALL
    SELECT DISTINCT 'aws_managed', policy, NULL, NULL, 'the document was not read'
    FROM permission_set_policies
    WHERE (kind = 'aws_managed' OR policy LIKE 'arn:%') AND policy NOT IN (SELECT policy_arn FROM managed_policies)
    UNION ALL
    SELECT DISTINCT 'customer_managed', policy, NULL, NULL, 'each account has its own document, which was not read'
    FROM permission_set_policies
    WHERE kind IN ('customer_managed', 'permissions_boundary') AND policy NOT LIKE 'arn:%'
    UNION ALL
    SELECT CASE type WHEN 'SERVICE_CONTROL_POLICY' THEN 'scp' WHEN 'RESOURCE_CONTROL_POLICY' THEN 'rcp' ELSE lower(type) END,
        policy_id, NULL, document, 'the document was not read'
    FROM organization_policies
    UNION ALL
    SELECT 'resource_policy', resource_policy_id, NULL, document, 'the document was not read'
    FROM organization_resource_policies
) AS p
LEFT JOIN policy_documents AS d ON d.length = length(p.document) AND d.document = p.document
LEFT JOIN document_statements AS s ON s.document_id = d.document_id
LEFT JOIN json_each(coalesce(s.action, '[null]')) AS a
