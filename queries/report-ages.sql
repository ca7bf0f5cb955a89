-- title: The age of each access report
-- description: For each root, OU and account when its last access report was completed, how many days before the snapshot that was, and how its last job ended; or why there is none: beyond the budget, beyond the depth, or never taken. The stalest come first.
-- family: use
-- question: 82
-- not during: an age is that of one snapshot
WITH jobs AS (
    SELECT j.snapshot_id, j.entity_id, j.job_status, j.completed_at, j.error_code
    FROM access_report_jobs AS j
    WHERE j.policy_id = '' AND j.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)
    UNION ALL
    -- A pruned snapshot's report is older than those of the snapshot that it is noted with.
    SELECT p.snapshot_id - 0.5, p.entity_id, p.job_status, p.completed_at, NULL
    FROM pruned_reports AS p
    WHERE p.policy_id = '' AND p.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)
),
last_jobs AS (SELECT entity_id, job_status, error_code, max(snapshot_id) FROM jobs GROUP BY entity_id),
reports AS (SELECT entity_id, max(completed_at) AS completed_at FROM jobs WHERE job_status = 'COMPLETED' GROUP BY entity_id)
SELECT
    t.type AS entity_type,
    t.name AS entity_name,
    t.id AS entity_id,
    t.ou_path,
    r.completed_at,
    CAST(julianday(s.completed_at) - julianday(r.completed_at) AS INTEGER) AS age_days,
    j.job_status,
    j.error_code,
    CASE WHEN r.entity_id IS NULL THEN coalesce((
        SELECT CASE
            WHEN g.error_message LIKE 'beyond --access-report-budget%' THEN 'beyond the budget'
            WHEN g.error_message LIKE 'beyond the depth%' THEN 'beyond the depth' END AS why
        FROM gaps AS g
        WHERE g.snapshot_id = s.snapshot_id AND g.resource = 'service_last_accessed' AND g.kind = 'not_asked'
          AND coalesce(json_extract(g.scope, '$.entity_id'), t.id) = t.id
          AND coalesce(json_extract(g.scope, '$.entity_type'), t.type) = t.type
        ORDER BY 1 DESC LIMIT 1
    ), 'never taken') END AS why_none
FROM organization_tree AS t
JOIN answering_snapshot AS s
LEFT JOIN reports AS r ON r.entity_id = t.id
LEFT JOIN last_jobs AS j ON j.entity_id = t.id
ORDER BY r.completed_at, t.ou_path, t.type = 'account', t.id
