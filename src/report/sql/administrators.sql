SELECT DISTINCT permission_set_arn, reason
FROM privileged_permission_sets
WHERE level = 'administrator' AND scope = 'any'
ORDER BY permission_set_arn, reason
