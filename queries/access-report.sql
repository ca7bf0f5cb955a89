-- title: The access report of an entity
-- description: The access report of a root, an OU or an account as AWS names its fields (GetOrganizationsAccessReport), with its job. NULL in LastAuthenticatedTime: no attempt seen in AWS's tracking period.
-- family: steps
-- question: 92
-- param entity (place): id, name or path of a root, an OU or an account
-- example: prod
-- not during: a report covers a tracking period of its own
WITH jobs AS (
    SELECT j.snapshot_id, j.job_status, j.created_at, j.completed_at, j.services_accessible, j.services_not_accessed
    FROM access_report_jobs AS j
    WHERE j.entity_id = :entity AND j.policy_id = '' AND j.job_status = 'COMPLETED'
        AND j.snapshot_id <= (SELECT a.snapshot_id FROM answering_snapshot AS a)
    UNION ALL
    -- A pruned snapshot's report is older than those of the snapshot that it is noted with.
    SELECT p.snapshot_id - 0.5, p.job_status, p.created_at, p.completed_at, p.services_accessible, p.services_not_accessed
    FROM pruned_reports AS p
    WHERE p.entity_id = :entity AND p.policy_id = '' AND p.snapshot_id <= (SELECT a.snapshot_id FROM answering_snapshot AS a)
),
job AS (SELECT * FROM jobs ORDER BY snapshot_id DESC LIMIT 1)
SELECT
    s.service_name AS ServiceName,
    s.service_namespace AS ServiceNamespace,
    s.last_authenticated_at AS LastAuthenticatedTime,
    s.last_authenticated_region AS Region,
    s.last_authenticated_entity AS EntityPath,
    s.total_authenticated_entities AS TotalAuthenticatedEntities,
    j.job_status AS JobStatus,
    j.created_at AS JobCreationDate,
    j.completed_at AS JobCompletionDate,
    j.services_accessible AS NumberOfServicesAccessible,
    j.services_not_accessed AS NumberOfServicesNotAccessed,
    t.name AS entity_name,
    s.entity_type,
    s.entity_id
FROM service_last_accessed AS s
LEFT JOIN job AS j
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
WHERE s.entity_id = :entity AND s.policy_id = ''
ORDER BY s.service_namespace
