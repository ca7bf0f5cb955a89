-- title: Services without an attempt
-- description: For each root, OU and account with an access report, the services with no attempt seen in AWS's tracking period. Attempts include denied ones; the root's report leaves the management account out.
-- family: use
-- question: 61
-- not during: a report covers a tracking period of its own
SELECT
    s.entity_type,
    t.name AS entity_name,
    s.entity_id,
    t.ou_path,
    s.service_name,
    s.service_namespace,
    'no attempt seen in AWS''s tracking period' AS finding
FROM service_last_accessed AS s
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
WHERE s.last_authenticated_at IS NULL AND s.policy_id = ''
ORDER BY CASE s.entity_type WHEN 'root' THEN 0 WHEN 'organizational_unit' THEN 1 ELSE 2 END, t.ou_path, s.entity_id, s.service_namespace
