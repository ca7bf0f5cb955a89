SELECT group_id, user_id, first_seen_at, gone_at
FROM group_memberships_history
WHERE valid_to > ?1
ORDER BY gone_at, group_id, user_id
