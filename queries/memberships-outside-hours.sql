-- title: Memberships made outside working hours
-- description: Memberships of groups with assignments that were made on a Saturday or Sunday, or before or after the working hours, all in UTC, the newest first, by the time that AWS tells. AWS tells no time of an assignment: access-changed has the snapshots between which one was made. A membership without a time is listed too: its hour is not known.
-- family: change
-- question: 59
-- param begin (number) = 8: hour at which work begins
-- param end (number) = 18: hour at which it is over
-- param since (date) = 2000-01-01: only what was made from then on
-- example: 8 18 2026-01-01
-- not during: it compares the state of one snapshot
WITH granting AS MATERIALIZED (
    SELECT principal_id AS group_id, count(DISTINCT account_id) AS accounts
    FROM account_assignments
    WHERE principal_type = 'GROUP'
    GROUP BY principal_id
)
SELECT
    m.created_at,
    CASE WHEN m.created_at IS NULL THEN 'not known'
        WHEN strftime('%w', m.created_at) IN ('0', '6') THEN 'weekend' ELSE 'hour' END AS outside,
    u.user_name,
    g.display_name AS group_name,
    m.created_by,
    n.accounts,
    m.user_id,
    m.group_id
FROM granting AS n
CROSS JOIN group_memberships AS m
LEFT JOIN users AS u ON u.user_id = m.user_id
LEFT JOIN groups AS g ON g.group_id = m.group_id
WHERE m.group_id = n.group_id
    AND (m.created_at IS NULL OR strftime('%w', m.created_at) IN ('0', '6')
        OR CAST(strftime('%H', m.created_at) AS INTEGER) < :begin OR CAST(strftime('%H', m.created_at) AS INTEGER) >= :end)
    AND (m.created_at IS NULL OR m.created_at >= :since)
ORDER BY m.created_at DESC, u.user_name, m.user_id, g.display_name, m.group_id
