-- title: Accounts that came, closed or left
-- description: Each time that an account was first seen, changed its state or left the list since a day, the newest first, and when a user was first seen to have access to it.
-- family: change
-- question: 55
-- param since (date) = 2000-01-01: only what was seen from then on
-- example: 2026-01-01
SELECT
    w.taken_at,
    w.account_name,
    w.event,
    w.state,
    (SELECT min(e.first_seen_at) FROM effective_access_history AS e WHERE e.account_id = w.account_id) AS first_access_at,
    w.joined_at,
    w.joined_method,
    w.snapshot_id,
    w.account_id
FROM (
    SELECT c.snapshot_id, c.taken_at, c.name AS account_name, c.account_id, c.state, c.joined_at, c.joined_method,
        CASE c.change
            WHEN 'added' THEN 'new'
            WHEN 'removed' THEN 'left'
            WHEN 'changed' THEN json_extract(c.fields, '$.state.old') || ' to ' || json_extract(c.fields, '$.state.new')
            ELSE 'unknown: a gap may have hidden it before'
        END AS event
    FROM accounts_changes AS c
    WHERE (c.change <> 'changed' OR coalesce(json_extract(c.fields, '$.state.old'), json_extract(c.fields, '$.state.new')) IS NOT NULL) AND c.taken_at >= :since
) AS w
ORDER BY w.snapshot_id DESC, w.account_name, w.account_id
