-- title: Services allowed and not tried
-- description: The services that service control policies allow in a root, an OU or an account, and of which the last attempt was more than so many days before the snapshot, or none was seen in AWS's tracking period. Attempts include denied ones. No service control policy restricts the management account; the report of the root leaves it out.
-- family: use
-- question: 81
-- param entity (place): id, name or path of a root, an OU or an account
-- param days (number) = 90: how many days nobody tried it
-- example: Workloads 180
-- not during: a report covers a tracking period of its own
SELECT
    s.service_name,
    CAST(julianday(a.completed_at) - julianday(s.last_authenticated_at) AS INTEGER) AS days_ago,
    s.last_authenticated_at,
    CASE WHEN s.last_authenticated_at IS NULL THEN 'no attempt seen in AWS''s tracking period'
         ELSE 'no attempt seen for so many days' END AS finding,
    s.service_namespace,
    t.name AS entity_name,
    s.entity_type,
    s.entity_id
FROM service_last_accessed AS s
JOIN answering_snapshot AS a
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
WHERE s.entity_id = :entity AND s.policy_id = ''
    AND (s.last_authenticated_at IS NULL OR julianday(a.completed_at) - julianday(s.last_authenticated_at) > :days)
ORDER BY s.last_authenticated_at IS NOT NULL, s.last_authenticated_at, s.service_namespace
