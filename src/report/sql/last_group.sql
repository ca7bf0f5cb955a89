SELECT display_name, NULL FROM groups_history WHERE group_id = ?1 ORDER BY valid_from DESC LIMIT 1
