SELECT t.resource_id, t.key, t.value FROM tags AS t WHERE t.resource_type = 'account' ORDER BY t.resource_id, t.key
