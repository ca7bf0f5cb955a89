-- title: Services that nobody tried in so many days
-- description: For each root, OU and account with an access report, the services whose last attempt was more than so many days before the snapshot, or of which no attempt was seen in AWS's tracking period. Attempts include denied ones; the report of the root leaves the management account out.
-- family: use
-- question: 61
-- param days (number) = 90: how many days nobody tried it
-- example: 180
-- not during: a report covers a tracking period of its own
SELECT
    s.service_name,
    t.name AS entity_name,
    CAST((unixepoch(a.completed_at) - unixepoch(s.last_authenticated_at) - (unixepoch(a.completed_at) - unixepoch(s.last_authenticated_at)) % 86400) / 86400 AS INTEGER) AS days_ago,
    s.last_authenticated_at,
    s.entity_type,
    s.service_namespace,
    t.ou_path,
    s.entity_id
FROM service_last_accessed AS s
CROSS JOIN answering_snapshot AS a
LEFT JOIN organization_tree AS t ON t.id = s.entity_id
WHERE s.policy_id = ''
    AND (s.last_authenticated_at IS NULL OR unixepoch(a.completed_at) - unixepoch(s.last_authenticated_at) > :days * 86400)
ORDER BY s.last_authenticated_at IS NOT NULL, s.last_authenticated_at, s.entity_type, t.ou_path, s.entity_id, s.service_namespace
