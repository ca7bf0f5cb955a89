-- Active accounts other than the management account: those that a rule of the organization is for.
SELECT c.account_id, c.parent_id FROM accounts AS c
WHERE c.state = 'ACTIVE' AND c.is_management_account IS NOT 1
ORDER BY c.account_id
