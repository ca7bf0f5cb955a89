SELECT group_id, user_id, first_seen_at, not_before
FROM group_memberships_history
WHERE valid_to IS NULL
ORDER BY group_id, user_id
