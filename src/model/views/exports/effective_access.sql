places AS MATERIALIZED (
    SELECT o.id, o.ou_path FROM organization_tree AS o WHERE o.type = 'account'
),
-- A set with an unread policy may be privileged, and so may every one where the policies of sets were not listed.
unread AS MATERIALIZED (
    SELECT v.permission_set_arn FROM privileged_permission_sets AS v WHERE v.level IS NULL OR v.unread IS NOT NULL
    UNION
    SELECT s.permission_set_arn
    FROM permission_sets AS s
    JOIN answering_snapshot AS n
    JOIN gaps AS g ON g.snapshot_id = n.snapshot_id AND g.resource = 'permission_set_policies'
        AND coalesce(json_extract(g.scope, '$.permission_set_arn'), s.permission_set_arn) = s.permission_set_arn
    UNION
    SELECT s.permission_set_arn
    FROM permission_sets AS s
    JOIN answering_snapshot AS n
    WHERE NOT EXISTS (
        SELECT 1 FROM coverage AS c WHERE c.snapshot_id = n.snapshot_id AND c.resource = 'permission_set_policies'
            AND c.status IN ('complete', 'limited', 'partial'))
),
sets AS MATERIALIZED (
    SELECT s.permission_set_arn,
        CASE WHEN sum(v.level IS NOT NULL) > 0 THEN 1
            WHEN s.permission_set_arn IN (SELECT u.permission_set_arn FROM unread AS u) THEN NULL
            ELSE 0 END AS is_privileged,
        CASE WHEN sum(v.level = 'administrator' AND v.scope = 'any') > 0 THEN 1
            WHEN s.permission_set_arn IN (SELECT u.permission_set_arn FROM unread AS u) THEN NULL
            ELSE 0 END AS is_administrator
    FROM permission_sets AS s
    LEFT JOIN privileged_permission_sets AS v ON v.permission_set_arn = s.permission_set_arn
    GROUP BY s.permission_set_arn
)
