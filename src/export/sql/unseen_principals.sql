-- Principals of which it is not known who they are, or who is in them: not to be taken for deleted or empty ones.
SELECT DISTINCT e.principal_type, e.principal_id, e.reason
FROM effective_access_unknown AS e
WHERE e.reason <> 'principal_deleted'
ORDER BY e.principal_type, e.principal_id, e.reason
