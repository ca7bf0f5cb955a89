-- title: Accounts that moved to another OU
-- description: Each time that an account was found in another OU than in the snapshot before: from where to where, and how many users have access now. A move changes which policies of the organization apply; assignments stay.
-- family: account
-- question: 18
-- param since (date) = 2000-01-01: only moves that were seen from then on
-- example: 2026-01-01
SELECT
    w.taken_at,
    w.name AS account_name,
    coalesce(
        (SELECT o.name FROM organizational_units_history AS o WHERE o.ou_id = w.old_id AND o.valid_from < w.snapshot_id
         ORDER BY o.valid_from DESC LIMIT 1),
        (SELECT r.name FROM roots_history AS r WHERE r.root_id = w.old_id ORDER BY r.valid_from DESC LIMIT 1),
        w.old_id) AS from_ou,
    coalesce(
        (SELECT o.name FROM organizational_units_history AS o WHERE o.ou_id = w.new_id AND o.valid_from <= w.snapshot_id
         ORDER BY o.valid_from DESC LIMIT 1),
        (SELECT r.name FROM roots_history AS r WHERE r.root_id = w.new_id ORDER BY r.valid_from DESC LIMIT 1),
        w.new_id) AS to_ou,
    (SELECT count(DISTINCT e.user_id) FROM effective_access AS e WHERE e.account_id = w.account_id) AS people,
    w.account_id,
    w.snapshot_id,
    w.old_id AS from_id,
    w.new_id AS to_id
FROM (
    SELECT snapshot_id, taken_at, name, account_id, json_extract(fields, '$.parent_id.old') AS old_id,
        json_extract(fields, '$.parent_id.new') AS new_id
    FROM accounts_changes
    WHERE change = 'changed' AND coalesce(json_extract(fields, '$.parent_id.old'), json_extract(fields, '$.parent_id.new')) IS NOT NULL AND taken_at >= :since
) AS w
ORDER BY w.snapshot_id DESC, w.name, w.account_id
