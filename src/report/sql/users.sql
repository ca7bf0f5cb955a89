SELECT user_id, user_name, display_name, primary_email, user_status FROM users ORDER BY user_name, user_id
