SELECT permission_set_arn, name, description, session_duration FROM permission_sets ORDER BY name, permission_set_arn
