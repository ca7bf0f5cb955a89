SELECT name, NULL FROM permission_sets_history WHERE permission_set_arn = ?1 ORDER BY valid_from DESC LIMIT 1
