-- title: Proof that access of a user ended
-- description: Every path of access that the user had and no longer has: when it was last seen, by when it was gone, and what ended it. Where still_reached_by names another path, the access itself goes on. A row ends only where AWS showed that it is gone, never because it was not listed.
-- family: change
-- question: 53
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
-- not during: it tells of all snapshots up to one
SELECT
    e.account_name,
    e.permission_set_name,
    e.gone_at,
    CASE
        WHEN EXISTS (SELECT 1 FROM users_history AS u WHERE u.user_id = e.user_id AND u.gone_at = e.gone_at
                     AND NOT EXISTS (SELECT 1 FROM users_history AS n WHERE n.user_id = u.user_id AND n.valid_from = u.valid_to))
            THEN 'the user was deleted'
        WHEN EXISTS (SELECT 1 FROM account_assignments_history AS a
                     WHERE a.principal_id = coalesce(e.group_id, e.user_id) AND a.account_id = e.account_id
                         AND a.permission_set_arn = e.permission_set_arn AND a.gone_at = e.gone_at)
            THEN 'the assignment was deleted'
        ELSE 'the user left the group'
    END AS ended_by,
    e.last_seen_at,
    coalesce((
        SELECT CASE o.via WHEN 'direct' THEN 'an assignment to the user' ELSE 'group ' || coalesce(o.group_name, o.group_id) END
        FROM effective_access AS o
        WHERE o.user_id = :user AND o.account_id = e.account_id AND o.permission_set_arn = e.permission_set_arn
        ORDER BY o.via, o.group_name, o.group_id LIMIT 1
    ), 'nothing') AS still_reached_by,
    e.via,
    e.group_name,
    e.first_seen_at,
    e.user_name,
    e.account_id,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access_history AS e
WHERE e.user_id = :user AND e.gone_at IS NOT NULL
ORDER BY e.gone_at DESC, e.account_name, e.account_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id, e.first_seen_at
