SELECT account_id, permission_set_arn, principal_type, principal_id, first_seen_at, gone_at
FROM account_assignments_history
WHERE valid_to > ?1
ORDER BY gone_at, principal_id, account_id, permission_set_arn
