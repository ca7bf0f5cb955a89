-- title: Policies that deny Regions or opt out of AI
-- description: Every statement of a service or resource control policy that denies by the requested Region, with what it leaves out, and every AI services opt-out policy; one row for each place where it is attached, with the number of accounts below it. What is attached to nothing has a row without a place.
-- family: organization
-- question: 79
-- not weighed: whether the type is enabled, and the management account, which service and resource control policies do not restrict
-- not during: what is in force is the state of one snapshot
WITH hits AS (
    SELECT DISTINCT s.policy AS policy_id, 'denies by Region' AS effect, s.not_action, s.condition
    FROM policy_statements AS s
    WHERE s.source IN ('scp', 'rcp') AND s.effect = 'Deny' AND lower(s.condition) LIKE '%"aws:requestedregion"%'
    UNION ALL
    SELECT p.policy_id, CASE WHEN p.document IS NULL THEN 'opts out of AI services: the document was not read'
        ELSE 'opts out of AI services' END, NULL, p.document
    FROM organization_policies AS p
    WHERE p.type = 'AISERVICES_OPT_OUT_POLICY'
    UNION ALL
    SELECT p.policy_id, 'the document was not read', NULL, NULL
    FROM organization_policies AS p
    WHERE p.type IN ('SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY') AND p.document IS NULL
)
SELECT
    coalesce(p.name, h.policy_id) AS policy,
    h.effect,
    coalesce(t.name, g.target_id) AS attached_to,
    h.condition AS says,
    h.not_action AS leaves_out,
    p.type,
    (SELECT count(*) FROM organization_tree AS a
     WHERE a.type = 'account' AND (a.id = g.target_id OR a.entity_path LIKE '%/' || g.target_id || '/%')) AS accounts,
    h.policy_id,
    g.target_id
FROM hits AS h
LEFT JOIN organization_policies AS p ON p.policy_id = h.policy_id
LEFT JOIN organization_policy_targets AS g ON g.policy_id = h.policy_id
LEFT JOIN organization_tree AS t ON t.id = g.target_id
ORDER BY policy, h.policy_id, h.effect, attached_to, g.target_id, says, leaves_out
