SELECT p.permission_set_arn, p.name, p.description, p.session_duration, p.relay_state
FROM permission_sets AS p
ORDER BY p.name, p.permission_set_arn
