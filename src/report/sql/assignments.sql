SELECT account_id, permission_set_arn, principal_type, principal_id, first_seen_at, not_before
FROM account_assignments_history
WHERE valid_to IS NULL
ORDER BY principal_id, account_id, permission_set_arn
