-- Only what a role's own policy says. "*" by itself is everybody, as {"AWS": "*"} is; an id without an ARN is what AWS puts in
-- place of a user or role that was deleted.
SELECT
    p.account_id, -- id of the account that has the role
    p.role_name, -- name of the role
    p.role_arn, -- ARN of the role
    p.statement_index, -- place of the statement in the trust policy, from 0
    p.effect, -- Allow or Deny; NULL where the trust policy was not read, or has no statement
    CAST(CASE
        WHEN v.value = '*' THEN 'everybody'
        WHEN p.kind = 'AWS' AND (v.value LIKE '%:root' OR length(v.value) = 12 AND trim(v.value, '0123456789') = '') THEN 'account'
        WHEN p.kind = 'AWS' AND v.value LIKE '%:assumed-role/%' THEN 'session'
        WHEN p.kind = 'AWS' AND v.value LIKE '%:role/%' THEN 'role'
        WHEN p.kind = 'AWS' AND v.value LIKE '%:user/%' THEN 'user'
        WHEN p.kind = 'AWS' AND v.value NOT LIKE 'arn:%' THEN 'deleted'
        WHEN p.kind = 'Service' THEN 'service'
        WHEN p.kind = 'Federated' AND v.value LIKE '%:saml-provider/%' THEN 'saml_provider'
        WHEN p.kind = 'Federated' THEN 'web_identity'
        WHEN v.value IS NOT NULL THEN 'other'
    END AS TEXT) AS principal_kind, -- everybody, account, role, user, session, deleted, service, saml_provider, web_identity or other
    CAST(v.value AS TEXT) AS principal, -- the principal, as the policy writes it
    CAST(CASE
        WHEN length(v.value) = 12 AND trim(v.value, '0123456789') = '' THEN v.value
        WHEN v.value LIKE 'arn:%::%' THEN substr(v.value, instr(v.value, '::') + 2, 12)
    END AS TEXT) AS principal_account_id, -- id of the account that the principal is of
    CAST(p.is_not AS INTEGER) AS is_not, -- 1 where the statement is about everybody but the principal (NotPrincipal)
    p.action, -- the patterns of Action, a JSON array
    p.not_action, -- the patterns of NotAction, a JSON array
    p.condition, -- Condition, JSON
    CAST(p.reason AS TEXT) AS reason -- why there is no statement; NULL where there is
FROM (
    SELECT o.account_id, o.role_name, o.role_arn, o.statement_index, o.effect, o.is_not, o.action, o.not_action, o.condition, o.reason,
        k.key AS kind, CASE k.type WHEN 'array' THEN k.value ELSE json_array(k.value) END AS named
    FROM (
        SELECT r.account_id, r.role_name, r.arn AS role_arn, s.statement_index, s.effect, s.action, s.not_action, s.condition,
            CASE WHEN json_type(s.principal, '$.NotPrincipal') IS NULL THEN 0 ELSE 1 END AS is_not,
            CASE WHEN r.trust_policy IS NULL THEN 'the document was not read' ELSE d.problem END AS reason,
            CASE
                WHEN json_type(s.principal) = 'text' THEN json_object('AWS', json(s.principal))
                WHEN json_type(s.principal, '$.NotPrincipal') = 'text'
                    THEN json_object('AWS', json_extract(s.principal, '$.NotPrincipal'))
                WHEN json_type(s.principal, '$.NotPrincipal') = 'object' THEN json_extract(s.principal, '$.NotPrincipal')
                ELSE s.principal
            END AS principal
        FROM iam_roles AS r
        LEFT JOIN policy_documents AS d ON d.length = length(r.trust_policy) AND d.document = r.trust_policy
        LEFT JOIN document_statements AS s ON s.document_id = d.document_id
    ) AS o
    LEFT JOIN json_each(coalesce(o.principal, '{"":[null]}')) AS k
) AS p
LEFT JOIN json_each(p.named) AS v
