SELECT reason, account_id, permission_set_arn, principal_id FROM orphan_assignments
