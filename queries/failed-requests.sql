-- title: Which requests failed, and why
-- description: The requests to make or delete an assignment or to provision a permission set that failed in the last weeks, for as long as AWS keeps them (some 90 days), with what they were about and AWS's reason; the newest first. What was seen of older ones is in assignment_requests_history.
-- family: hygiene
-- not during: AWS forgets requests by their age, which is that of one snapshot
SELECT
    r.created_at,
    r.failure_reason,
    s.name AS permission_set_name,
    a.name AS account_name,
    coalesce(u.user_name, g.display_name) AS principal_name,
    r.kind,
    r.principal_type,
    CASE WHEN EXISTS (
        SELECT 1 FROM account_assignments AS x
        WHERE x.account_id = r.account_id AND x.permission_set_arn = r.permission_set_arn
          AND x.principal_type = r.principal_type AND x.principal_id = r.principal_id
    ) THEN 'assigned' WHEN r.principal_id IS NOT NULL THEN 'not assigned' END AS now,
    r.request_id,
    r.account_id,
    r.permission_set_arn,
    r.principal_id
FROM assignment_requests AS r
LEFT JOIN permission_sets AS s ON s.permission_set_arn = r.permission_set_arn
LEFT JOIN accounts AS a ON a.account_id = r.account_id
LEFT JOIN users AS u ON u.user_id = r.principal_id AND r.principal_type = 'USER'
LEFT JOIN groups AS g ON g.group_id = r.principal_id AND r.principal_type = 'GROUP'
WHERE r.status = 'FAILED'
ORDER BY r.created_at DESC, r.request_id
