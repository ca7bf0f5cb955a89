-- title: The services that a policy allows
-- description: For each place with an access report by the service control policy (collect --access-report-policies), the services that the policy allows, and the last attempt in the accounts there to which it applies. Attempts include denied ones; NULL: no attempt seen in AWS's tracking period. Only service control policies are weighed.
-- family: use
-- question: 81
-- param policy (policy): id or name of the service control policy
-- example: FullAWSAccess
-- not during: a report covers a tracking period of its own
WITH reports AS (
    SELECT j.entity_id, max(j.completed_at) AS completed_at
    FROM (
        SELECT entity_id, policy_id, job_status, snapshot_id, completed_at FROM access_report_jobs
        UNION ALL SELECT entity_id, policy_id, job_status, snapshot_id, completed_at FROM pruned_reports
    ) AS j
    WHERE j.policy_id = :policy AND j.job_status = 'COMPLETED'
        AND j.snapshot_id <= (SELECT a.snapshot_id FROM answering_snapshot AS a)
    GROUP BY j.entity_id
)
SELECT
    s.service_name,
    t.name AS entity_name,
    s.last_authenticated_at,
    s.total_authenticated_entities,
    s.last_authenticated_region,
    s.last_authenticated_entity,
    s.service_namespace,
    s.entity_type,
    t.ou_path,
    r.completed_at AS report_completed_at,
    coalesce((SELECT p.name FROM organization_policies AS p WHERE p.policy_id = s.policy_id), s.policy_id) AS policy,
    s.policy_id,
    s.entity_id
FROM reports AS r
CROSS JOIN service_last_accessed AS s ON s.entity_id = r.entity_id AND s.policy_id = :policy
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
ORDER BY CASE s.entity_type WHEN 'root' THEN 0 WHEN 'organizational_unit' THEN 1 ELSE 2 END, t.ou_path, s.entity_id, s.service_namespace
