SELECT role.account_id, sum(coalesce(coalesce(activity.last_used_at, role.created_at) < :before, 0))
FROM iam_roles AS role
JOIN iam_role_activity AS activity USING (account_id, role_name)
GROUP BY role.account_id
