-- title: How long a user held a permission set
-- description: For each account the spans of time in which the user had the permission set by any path, which overlapping and adjacent paths make longer: at least from first_seen_at to last_seen_at, and at most from not_before to gone_at. Days are from the first to the last time that it was seen.
-- family: change
-- question: 57
-- param user (user): user id, name or e-mail address
-- param permission_set (permission_set): permission set name or ARN
-- example: ana@example.com AdministratorAccess
-- not during: it tells of all snapshots up to one
WITH paths AS MATERIALIZED (
    SELECT account_id, account_name, first_seen_at, not_before, last_seen_at, gone_at,
        lag(coalesce(gone_at, '9999')) OVER by_time AS last_gone_at
    FROM effective_access_history
    WHERE user_id = :user AND permission_set_arn = :permission_set
    WINDOW by_time AS (PARTITION BY account_id ORDER BY first_seen_at, coalesce(gone_at, '9999'))
),
running AS (
    SELECT p.*, max(coalesce(p.last_gone_at, '')) OVER (
        PARTITION BY p.account_id ORDER BY p.first_seen_at, coalesce(p.gone_at, '9999') ROWS UNBOUNDED PRECEDING) AS reached
    FROM paths AS p
),
numbered AS (
    SELECT r.*, sum(r.first_seen_at > r.reached) OVER (
        PARTITION BY r.account_id ORDER BY r.first_seen_at, coalesce(r.gone_at, '9999') ROWS UNBOUNDED PRECEDING) AS span
    FROM running AS r
),
spans AS (
    SELECT n.account_id, n.account_name, n.span, min(n.first_seen_at) AS first_seen_at, max(n.last_seen_at) AS last_seen_at,
        CASE WHEN count(n.gone_at) = count(*) THEN max(n.gone_at) END AS gone_at,
        (SELECT f.not_before FROM numbered AS f WHERE f.account_id = n.account_id AND f.span = n.span
         ORDER BY f.first_seen_at, f.not_before IS NOT NULL, f.not_before LIMIT 1) AS not_before
    FROM numbered AS n
    GROUP BY n.account_id, n.account_name, n.span
)
SELECT
    s.account_name,
    CAST(julianday(s.last_seen_at) - julianday(s.first_seen_at) AS INTEGER) AS days,
    s.first_seen_at,
    s.last_seen_at,
    CASE WHEN s.gone_at IS NULL THEN 'yes' ELSE 'no' END AS still_held,
    s.not_before,
    s.gone_at,
    s.account_id
FROM spans AS s
ORDER BY s.account_name, s.account_id, s.first_seen_at
