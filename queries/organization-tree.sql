-- title: The organization as a tree
-- description: The root, the organizational units and the accounts, each below what it is in. An account has the path of its OU.
-- family: organization
-- question: 75
-- not during: a tree is the state of one snapshot
SELECT
    t.ou_path,
    t.type,
    t.name,
    t.id,
    c.state AS account_state,
    c.email AS account_email,
    t.depth,
    t.parent_id
FROM organization_tree AS t
LEFT JOIN accounts AS c ON c.account_id = t.id
ORDER BY t.ou_path, t.type = 'account', t.name, t.id
