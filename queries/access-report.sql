-- title: The access report of an entity
-- description: The access report of a root, an OU or an account as AWS names its fields (GetOrganizationsAccessReport), with when its job was completed. NULL in LastAuthenticatedTime: no attempt seen in AWS's tracking period.
-- family: steps
-- question: 92
-- param entity (text): id or name of a root, an OU or an account
-- example: prod
-- not during: a report covers a tracking period of its own
SELECT
    s.service_name AS ServiceName,
    s.service_namespace AS ServiceNamespace,
    s.last_authenticated_at AS LastAuthenticatedTime,
    s.last_authenticated_region AS Region,
    s.last_authenticated_entity AS EntityPath,
    s.total_authenticated_entities AS TotalAuthenticatedEntities,
    (SELECT j.completed_at FROM access_report_jobs AS j
     WHERE j.entity_id = s.entity_id AND j.policy_id = '' AND j.job_status = 'COMPLETED'
         AND j.snapshot_id <= (SELECT a.snapshot_id FROM answering_snapshot AS a)
     ORDER BY j.snapshot_id DESC LIMIT 1) AS JobCompletionDate,
    t.name AS entity_name,
    s.entity_type,
    s.entity_id
FROM service_last_accessed AS s
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
WHERE s.policy_id = '' AND s.entity_id IN (
    SELECT o.id FROM organization_tree AS o WHERE o.id = :entity OR lower(o.name) = lower(:entity) UNION SELECT :entity)
ORDER BY s.entity_id, s.service_namespace
