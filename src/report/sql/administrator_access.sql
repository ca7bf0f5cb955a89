SELECT user_id, account_id
FROM effective_access
WHERE permission_set_arn IN (
    SELECT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any')
