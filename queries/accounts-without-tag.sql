-- title: Accounts without a tag
-- description: Accounts without the tag, or with an empty value of it, and where they stand. Letter case of the key does not matter. Where the tags of an account were not read, the finding says that it is not known.
-- family: organization
-- question: 77
-- param key (text) = owner: key of the tag
-- example: cost-center
-- not during: it compares the state of one snapshot
SELECT
    c.name AS account_name,
    CASE
        WHEN g.value IS NOT NULL THEN 'empty'
        WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS s JOIN coverage AS v ON v.snapshot_id = s.snapshot_id
            WHERE v.resource = 'tags' AND v.status IN ('not_collected', 'unavailable')) THEN 'not known: tags were not read'
        WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
            WHERE n.resource = 'tags'
                AND coalesce(json_extract(n.scope, '$.resource_id'), c.account_id) = c.account_id
                AND coalesce(json_extract(n.scope, '$.resource_type'), 'account') = 'account') THEN 'not known: tags were not read'
        ELSE 'no tag'
    END AS finding,
    t.ou_path,
    c.state AS account_state,
    c.email,
    c.joined_at,
    c.account_id
FROM accounts AS c
LEFT JOIN organization_tree AS t ON t.id = c.account_id
LEFT JOIN tags AS g ON g.resource_type = 'account' AND g.resource_id = c.account_id AND lower(g.key) = lower(:key)
WHERE coalesce(g.value, '') = ''
ORDER BY finding, t.ou_path, c.name, c.account_id, g.key
