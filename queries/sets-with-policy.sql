-- title: Permission sets that attach a policy
-- description: Permission sets that attach the policy: an AWS managed one by its ARN or name, a customer managed one by its path and name or its name; also as a boundary. Letter case does not matter.
-- family: permission-set
-- question: 31
-- param policy (text): ARN, path and name, or name of the policy
-- example: ReadOnlyAccess
SELECT
    s.name AS permission_set_name,
    p.kind,
    coalesce(p.policy_name, p.policy) AS policy_name,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = p.permission_set_arn) AS accounts,
    -- during: p.first_seen_at, p.not_before, p.last_seen_at, p.gone_at,
    p.policy,
    p.permission_set_arn
FROM permission_set_policies AS p
LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
WHERE p.kind <> 'inline'
    AND (lower(p.policy) = lower(:policy) OR lower(p.policy_name) = lower(:policy)
         OR substr(lower(p.policy), -length(:policy) - 1) = '/' || lower(:policy))
ORDER BY s.name, p.permission_set_arn, p.kind, p.policy
    -- during: , p.valid_from
