-- Each assignment: its account, its principal, the permission set, and whether it is to a user.
SELECT a.account_id, a.principal_type || ' ' || a.principal_id, a.permission_set_arn, a.principal_type = 'USER',
    a.valid_from AS valid_from, a.valid_to AS valid_to
FROM account_assignments_versions AS a
