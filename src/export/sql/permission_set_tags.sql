SELECT t.resource_id, t.key, t.value
FROM tags AS t
WHERE t.resource_type = 'permission_set'
ORDER BY t.resource_id, t.key
