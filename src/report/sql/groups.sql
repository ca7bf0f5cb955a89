SELECT group_id, display_name FROM groups ORDER BY display_name, group_id
