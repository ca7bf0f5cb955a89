-- title: A policy by name, id or ARN, of any kind
-- description: Every policy of this name, id or ARN that is known, with its text: policies of the organization, AWS managed policies, and customer managed and inline policies of permission sets and of IAM users, groups and roles. A policy whose text was not read has a row with the reason. Letter case does not matter.
-- family: steps
-- param policy (text): name, id or ARN of the policy; of an inline policy of a permission set, the name of the set
-- example: AdministratorAccess
-- not during: it joins policies of several kinds as they are in one snapshot
WITH known AS (
    SELECT p.name AS name, lower(p.type) AS kind, NULL AS account_id, NULL AS held_by, p.document AS document,
        'the document was not read' AS unread, p.policy_id AS policy, p.policy_id AS other_key
    FROM organization_policies AS p
    UNION ALL
    SELECT m.name, 'aws_managed', NULL, NULL, m.document, 'the document was not read', m.policy_arn, m.policy_id
    FROM managed_policies AS m
    UNION ALL
    SELECT i.name, 'customer_managed', i.account_id, NULL, i.document, 'the document was not read', i.policy_arn, i.policy_id
    FROM iam_policies AS i
    UNION ALL
    SELECT s.name, 'inline of a permission set', NULL, s.name, p.document, 'the document was not read',
        p.permission_set_arn, NULL
    FROM permission_set_policies AS p
    LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
    WHERE p.kind = 'inline'
    UNION ALL
    SELECT coalesce(p.policy_name, p.policy), p.kind || ' of a permission set', NULL, s.name, NULL,
        'each account has its own document; those that were read have rows of their own', p.policy, NULL
    FROM permission_set_policies AS p
    LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
    WHERE p.kind IN ('customer_managed', 'permissions_boundary') AND p.policy NOT LIKE 'arn:%'
    UNION ALL
    SELECT coalesce(p.policy_name, p.policy), 'aws_managed', NULL, NULL, NULL, 'the document was not read', p.policy, NULL
    FROM (
        SELECT h.policy, h.policy_name FROM permission_set_policies AS h WHERE h.policy LIKE 'arn:%'
        UNION
        SELECT a.policy, a.policy_name FROM iam_policy_attachments AS a
        WHERE a.kind = 'managed' AND a.policy LIKE 'arn:%:iam::aws:policy/%'
    ) AS p
    WHERE NOT EXISTS (SELECT 1 FROM managed_policies AS m WHERE m.policy_arn = p.policy)
    UNION ALL
    SELECT coalesce(a.policy_name, a.policy), 'inline of an IAM ' || lower(a.principal_type), a.account_id, a.principal_name,
        a.document, 'the document was not read', a.policy, NULL
    FROM iam_policy_attachments AS a
    WHERE a.kind = 'inline'
)
SELECT
    k.name AS policy_name,
    k.kind,
    c.name AS account_name,
    k.held_by,
    CASE WHEN k.document IS NULL THEN k.unread END AS not_read,
    k.document,
    k.policy,
    k.account_id
FROM known AS k
LEFT JOIN accounts AS c ON c.account_id = k.account_id
WHERE lower(k.name) = lower(:policy) OR lower(k.policy) = lower(:policy) OR lower(k.other_key) = lower(:policy)
ORDER BY k.name, k.kind, c.name, k.account_id, k.held_by, k.policy, k.document
