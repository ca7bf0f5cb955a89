-- title: Who may assume a role by its trust policy
-- description: Each principal that the trust policy of the role names: an account, a user or role, a service, an identity provider, or everybody, with the condition. With the id or name of an account, of all its roles. A principal of another account also needs a policy of its own account that allows it. Nothing is known of the roles of accounts that were not read.
-- family: account
-- not weighed: policies of the principal's account, and service and resource control policies
-- param role_or_account (text): name or ARN of a role, ARN of its session, or id or name of an account
-- example: partner-access
-- not during: trust is the state of one snapshot
SELECT
    t.role_name,
    c.name AS account_name,
    t.effect,
    t.principal_kind,
    CASE t.is_not WHEN 1 THEN 'all but ' || t.principal ELSE t.principal END AS principal,
    p.name AS principal_account_name,
    coalesce(t.action, 'all but ' || t.not_action) AS actions,
    t.condition,
    t.reason AS not_read,
    t.principal_account_id,
    t.account_id,
    t.role_arn
FROM role_trust AS t
LEFT JOIN accounts AS c ON c.account_id = t.account_id
LEFT JOIN accounts AS p ON p.account_id = t.principal_account_id
WHERE lower(t.role_name) = lower(:role_or_account) OR lower(t.role_arn) = lower(:role_or_account)
    OR instr(lower(:role_or_account), '::' || t.account_id || ':assumed-role/' || lower(t.role_name) || '/') > 0
    OR t.account_id = :role_or_account OR lower(c.name) = lower(:role_or_account)
ORDER BY c.name, t.account_id, t.role_name, t.statement_index, t.principal_kind, t.principal
