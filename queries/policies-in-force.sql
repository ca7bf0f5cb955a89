-- title: Policies in force on an account
-- description: Each policy of the organization that is attached to the account, to an organizational unit that it is in, or to the root, with where the account inherits it from. Service and resource control policies do not restrict the management account, and a type that is disabled has no effect.
-- family: organization
-- question: 78
-- param account (account): account id, name or e-mail address
-- example: prod
-- not during: what is in force is the state of one snapshot
WITH RECURSIVE above (id, distance) AS (
    SELECT a.account_id, 0 FROM accounts AS a WHERE a.account_id = :account
    UNION ALL
    SELECT a.parent_id, 1 FROM accounts AS a WHERE a.account_id = :account AND a.parent_id IS NOT NULL
    UNION ALL
    SELECT o.parent_id, b.distance + 1
    FROM above AS b
    JOIN organizational_units AS o ON o.ou_id = b.id
    WHERE o.parent_id IS NOT NULL AND b.distance < 50
),
place (id, distance, name) AS (
    SELECT b.id, b.distance, coalesce((SELECT o.name FROM organizational_units AS o WHERE o.ou_id = b.id),
                                      (SELECT r.name FROM roots AS r WHERE r.root_id = b.id), b.id)
    FROM above AS b
)
SELECT
    coalesce(p.name, t.policy_id) AS policy,
    p.type,
    CASE b.distance
        WHEN 0 THEN 'the account itself'
        ELSE (SELECT group_concat(n.name, '/')
              FROM (SELECT u.name FROM place AS u WHERE u.distance >= b.distance ORDER BY u.distance DESC) AS n)
    END AS inherited_from,
    CASE
        WHEN p.type IN ('SERVICE_CONTROL_POLICY', 'RESOURCE_CONTROL_POLICY') AND
             (SELECT a.is_management_account FROM accounts AS a WHERE a.account_id = :account) = 1
            THEN 'no: it is the management account'
        WHEN p.type IS NULL OR NOT EXISTS (SELECT 1 FROM roots AS r WHERE r.root_id IN (SELECT u.id FROM above AS u)) THEN NULL
        WHEN EXISTS (
            SELECT 1 FROM roots AS r, json_each(r.policy_types) AS e
            WHERE r.root_id IN (SELECT u.id FROM above AS u)
              AND e.value ->> 'Type' = p.type AND e.value ->> 'Status' = 'ENABLED'
        ) THEN 'yes'
        ELSE 'no: the type is disabled'
    END AS in_force,
    p.description,
    t.policy_id,
    t.target_id,
    p.aws_managed,
    p.document
FROM above AS b
CROSS JOIN organization_policy_targets AS t ON t.target_id = b.id
LEFT JOIN organization_policies AS p ON p.policy_id = t.policy_id
ORDER BY p.type, b.distance DESC, policy, t.policy_id
