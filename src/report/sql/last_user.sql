SELECT user_name, display_name FROM users_history WHERE user_id = ?1 ORDER BY valid_from DESC LIMIT 1
