-- title: Roles that outsiders may assume
-- description: IAM roles whose trust policy allows an account that is not in the organization, everybody, or everybody but some; also a provider of web identities without a condition. Service roles and the roles of permission sets are left out. Nothing is known of the roles of accounts that were not read.
-- family: hygiene
-- question: 71
-- not weighed: what a condition says, and service and resource control policies
-- not during: trust is the state of one snapshot
SELECT
    t.role_name,
    c.name AS account_name,
    CASE
        WHEN t.reason IS NOT NULL THEN 'not known: ' || t.reason
        WHEN t.is_not = 1 THEN 'everybody but some'
        WHEN t.principal_kind = 'everybody' THEN 'everybody'
        WHEN t.principal_kind = 'web_identity' THEN 'a web identity, without a condition'
        ELSE 'an account outside the organization'
    END AS trusts,
    t.principal,
    CASE WHEN t.condition IS NULL THEN 'no' ELSE 'yes' END AS conditional,
    t.condition,
    u.last_used_at,
    t.principal_account_id,
    t.account_id,
    t.role_arn
FROM role_trust AS t
LEFT JOIN accounts AS c ON c.account_id = t.account_id
LEFT JOIN iam_role_activity AS u ON u.account_id = t.account_id AND u.role_name = t.role_name
WHERE t.reason IS NOT NULL
    OR t.effect = 'Allow' AND (
        t.is_not = 1
        OR t.principal_kind = 'everybody'
        OR t.principal_kind = 'web_identity' AND t.condition IS NULL
        OR t.principal_kind IN ('account', 'role', 'user', 'session') AND t.principal_account_id <> t.account_id
            AND NOT EXISTS (SELECT 1 FROM accounts AS o WHERE o.account_id = t.principal_account_id))
ORDER BY c.name, t.account_id, t.role_name, t.statement_index, t.principal
