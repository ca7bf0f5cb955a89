-- title: The age of each access report
-- description: For each root, OU and account when its last access report was completed, how many days before the snapshot that was, and how its last job ended; or why there is none: beyond the budget, beyond the depth, or never taken. The reports by policy that were ever asked for are rows of their own. The stalest come first.
-- family: use
-- question: 82
-- not during: an age is that of one snapshot
WITH jobs AS (
    SELECT j.snapshot_id, j.entity_id, j.policy_id, j.job_status, j.completed_at, j.error_code
    FROM access_report_jobs AS j
    WHERE j.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)
    UNION ALL
    -- A pruned snapshot's report is older than those of the snapshot that it is noted with.
    SELECT p.snapshot_id - 0.5, p.entity_id, p.policy_id, p.job_status, p.completed_at, NULL
    FROM pruned_reports AS p
    WHERE p.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)
),
untaken AS (
    SELECT json_extract(g.scope, '$.entity_id') AS entity_id, json_extract(g.scope, '$.entity_type') AS entity_type,
        json_extract(g.scope, '$.policy_id') AS policy_id,
        CASE
            WHEN g.error_message LIKE 'beyond --access-report-budget%' THEN 'beyond the budget'
            WHEN g.error_message LIKE 'beyond the depth%' THEN 'beyond the depth' END AS why
    FROM gaps AS g
    WHERE g.snapshot_id = (SELECT s.snapshot_id FROM answering_snapshot AS s) AND g.resource = 'service_last_accessed'
),
last_jobs AS (
    SELECT j.entity_id, j.policy_id, j.job_status, j.error_code
    FROM jobs AS j
    JOIN (SELECT entity_id, policy_id, max(snapshot_id) AS snapshot_id FROM jobs GROUP BY entity_id, policy_id) AS n
        ON n.entity_id = j.entity_id AND n.policy_id = j.policy_id AND n.snapshot_id = j.snapshot_id
),
reports AS (
    SELECT entity_id, policy_id, max(completed_at) AS completed_at FROM jobs
    WHERE job_status = 'COMPLETED' GROUP BY entity_id, policy_id
),
by_policy AS (
    SELECT entity_id, policy_id FROM jobs WHERE policy_id <> ''
    UNION SELECT entity_id, policy_id FROM untaken WHERE policy_id <> '' AND entity_id IS NOT NULL
),
each AS (
    SELECT t.id AS entity_id, '' AS policy_id FROM organization_tree AS t
    UNION ALL
    -- What is known of a policy that is gone went with it.
    SELECT b.entity_id, b.policy_id FROM by_policy AS b
    WHERE EXISTS (SELECT 1 FROM organization_policies AS p WHERE p.policy_id = b.policy_id)
        -- Where policies are not collected, the snapshot's own jobs and gaps name those that are asked for.
        OR EXISTS (SELECT 1 FROM untaken AS u WHERE u.policy_id = b.policy_id)
        OR EXISTS (
            SELECT 1 FROM jobs AS j WHERE j.policy_id = b.policy_id
            AND j.snapshot_id = (SELECT s.snapshot_id FROM answering_snapshot AS s))
)
SELECT
    t.type AS entity_type,
    t.name AS entity_name,
    t.id AS entity_id,
    t.ou_path,
    r.completed_at,
    CAST((unixepoch(s.completed_at) - unixepoch(r.completed_at) - (unixepoch(s.completed_at) - unixepoch(r.completed_at)) % 86400) / 86400 AS INTEGER) AS age_days,
    j.job_status,
    j.error_code,
    CASE WHEN r.entity_id IS NULL THEN coalesce((
        SELECT max(u.why)
        FROM untaken AS u
        WHERE u.why IS NOT NULL
          AND coalesce(u.entity_id, t.id) = t.id
          AND coalesce(u.entity_type, t.type) = t.type
          AND coalesce(u.policy_id, e.policy_id) = e.policy_id
    ), 'never taken') END AS why_none,
    (SELECT coalesce(p.name, p.policy_id) FROM organization_policies AS p WHERE p.policy_id = e.policy_id) AS policy_name,
    nullif(e.policy_id, '') AS policy_id
FROM each AS e
CROSS JOIN answering_snapshot AS s
JOIN organization_tree AS t ON t.id = e.entity_id
LEFT JOIN reports AS r ON r.entity_id = t.id AND r.policy_id = e.policy_id
LEFT JOIN last_jobs AS j ON j.entity_id = t.id AND j.policy_id = e.policy_id
ORDER BY r.completed_at, t.ou_path, t.type = 'account', t.id, e.policy_id
