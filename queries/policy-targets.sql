-- title: What a policy of the organization is attached to
-- description: The root, the OUs and the accounts that the policy is attached to itself; it holds for all that is beneath them too.
-- family: organization
-- param policy (policy): id or name of the policy
-- example: FullAWSAccess
-- not during: a tree is the state of one snapshot
SELECT
    coalesce(g.name, t.target_id) AS target,
    t.target_type,
    g.ou_path,
    p.name AS policy,
    p.type,
    t.target_id,
    t.policy_id
FROM organization_policy_targets AS t
LEFT JOIN organization_policies AS p ON p.policy_id = t.policy_id
LEFT JOIN organization_tree AS g ON g.id = t.target_id
WHERE t.policy_id = :policy
ORDER BY CASE t.target_type WHEN 'ROOT' THEN 0 WHEN 'ORGANIZATIONAL_UNIT' THEN 1 ELSE 2 END, g.ou_path, target, t.target_id
