-- title: Accounts by a tag
-- description: Accounts with the tag, by its value; or only those with a value, of which letter case does not matter, as it does not of the key.
-- family: organization
-- question: 76
-- param key (text): key of the tag
-- param value (text) = : its value; any without
-- example: environment prod
SELECT
    t.value,
    c.name AS account_name,
    c.state AS account_state,
    -- during: t.first_seen_at, t.not_before, t.last_seen_at, t.gone_at,
    c.email,
    t.key,
    t.resource_id AS account_id
FROM tags AS t
LEFT JOIN accounts AS c ON c.account_id = t.resource_id
        -- during: AND c.valid_from = (SELECT max(n.valid_from) FROM accounts AS n WHERE n.account_id = c.account_id)
WHERE t.resource_type = 'account' AND lower(t.key) = lower(:key)
    AND (:value = '' OR lower(t.value) = lower(:value))
ORDER BY t.value, c.name, t.resource_id, t.key
    -- during: , t.valid_from
