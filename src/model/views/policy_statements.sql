-- A text is found by its length first: no index has long texts. What has a Not is one row, for its patterns say
-- together what is left out.
SELECT
    CAST(p.source AS TEXT) AS source, -- inline, aws_managed, customer_managed, trust (who may assume a role), scp, rcp, resource_policy, or another type of the organization's policies in small letters
    CAST(p.policy AS TEXT) AS policy, -- its key: ARN of the permission set of an inline policy, ARN of a managed one, path and name of a customer managed one that a permission set names, id of the organization's; user/NAME/POLICY, group/… or role/… of an inline policy of IAM, ARN of the role of a trust policy
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
    SELECT DISTINCT 'aws_managed', u.policy, NULL, NULL, 'the document was not read'
    FROM (
        SELECT policy FROM permission_set_policies WHERE kind = 'aws_managed' OR policy LIKE 'arn:%'
        UNION
        SELECT policy FROM iam_policy_attachments WHERE kind = 'managed' AND policy LIKE 'arn:%:iam::aws:policy/%'
    ) AS u
    WHERE u.policy NOT IN (SELECT policy_arn FROM managed_policies)
    UNION ALL
    SELECT DISTINCT 'customer_managed', h.policy, NULL, NULL,
        CASE WHEN h.policy IN (SELECT path || name FROM iam_policies)
            THEN 'each account has its own document; rows with an account_id have those that were read'
            ELSE 'each account has its own document, which was not read' END
    FROM permission_set_policies AS h
    WHERE h.kind IN ('customer_managed', 'permissions_boundary') AND h.policy NOT LIKE 'arn:%'
    UNION ALL
    SELECT CASE type WHEN 'SERVICE_CONTROL_POLICY' THEN 'scp' WHEN 'RESOURCE_CONTROL_POLICY' THEN 'rcp' ELSE lower(type) END,
        policy_id, NULL, document, 'the document was not read'
    FROM organization_policies
    UNION ALL
    SELECT 'resource_policy', resource_policy_id, NULL, document, 'the document was not read'
    FROM organization_resource_policies
    UNION ALL
    SELECT 'customer_managed', policy_arn, account_id, document, 'the document was not read' FROM iam_policies
    UNION ALL
    SELECT 'inline', lower(principal_type) || '/' || principal_name || '/' || policy, account_id, document, 'the document was not read'
    FROM iam_policy_attachments WHERE kind = 'inline'
    UNION ALL
    SELECT 'trust', coalesce(arn, role_name), account_id, trust_policy, 'the document was not read' FROM iam_roles
) AS p
LEFT JOIN policy_documents AS d ON d.length = length(p.document) AND d.document = p.document
LEFT JOIN document_statements AS s ON s.document_id = d.document_id
LEFT JOIN json_each(coalesce(s.action, '[null]')) AS a
