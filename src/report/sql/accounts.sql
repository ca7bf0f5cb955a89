SELECT a.account_id, a.name, a.state, a.is_management_account, a.parent_id, t.ou_path
FROM accounts AS a
LEFT JOIN organization_tree AS t ON t.id = a.account_id AND t.type = 'account'
ORDER BY a.name, a.account_id
