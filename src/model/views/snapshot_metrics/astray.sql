-- The assignments that lead nowhere for sure (0), and those of which that is not known (1).
SELECT o.account_id, min(o.reason LIKE '%\_not\_listed' ESCAPE '\')
FROM orphan_assignments AS o
GROUP BY o.account_id, o.permission_set_arn, o.principal_type, o.principal_id
