-- title: Access that ended and came back
-- description: Assignments and memberships that were seen to be gone and then came back, with what they were of: when they were gone, and when they were there again.
-- family: change
-- question: 54
-- not during: it tells of all snapshots up to one
SELECT
    w.back_at,
    w.what,
    w.who,
    w.access,
    w.gone_at,
    w.still_there,
    w.id,
    w.group_id,
    w.account_id,
    w.permission_set_arn
FROM (
    SELECT 'assignment' AS what,
        CASE a.principal_type
            WHEN 'GROUP' THEN coalesce((SELECT h.display_name FROM groups_history AS h WHERE h.group_id = a.principal_id
                                        ORDER BY h.valid_from DESC LIMIT 1), a.principal_id)
            ELSE coalesce((SELECT h.user_name FROM users_history AS h WHERE h.user_id = a.principal_id
                           ORDER BY h.valid_from DESC LIMIT 1), a.principal_id)
        END AS who,
        coalesce((
            SELECT h.name FROM permission_sets_history AS h WHERE h.permission_set_arn = a.permission_set_arn
            ORDER BY h.valid_from DESC LIMIT 1), a.permission_set_arn) || ' in ' || coalesce((
            SELECT h.name FROM accounts_history AS h WHERE h.account_id = a.account_id
            ORDER BY h.valid_from DESC LIMIT 1), a.account_id) AS access,
        a.principal_id AS id, CAST(NULL AS TEXT) AS group_id, a.account_id, a.permission_set_arn, a.gone_at,
        b.first_seen_at AS back_at, CASE WHEN b.valid_to IS NULL THEN 'yes' ELSE 'no' END AS still_there
    FROM account_assignments_history AS a
    CROSS JOIN account_assignments_history AS b
    WHERE b.account_id = a.account_id AND b.permission_set_arn = a.permission_set_arn
        AND b.principal_type = a.principal_type AND b.principal_id = a.principal_id
        AND a.valid_to IS NOT NULL
        AND b.valid_from = (
            SELECT min(n.valid_from) FROM account_assignments_history AS n
            WHERE n.account_id = a.account_id AND n.permission_set_arn = a.permission_set_arn
                AND n.principal_type = a.principal_type AND n.principal_id = a.principal_id AND n.valid_from > a.valid_to)
    UNION ALL
    SELECT 'membership',
        coalesce((SELECT h.user_name FROM users_history AS h WHERE h.user_id = a.user_id
                  ORDER BY h.valid_from DESC LIMIT 1), a.user_id),
        'in group ' || coalesce((
            SELECT h.display_name FROM groups_history AS h WHERE h.group_id = a.group_id
            ORDER BY h.valid_from DESC LIMIT 1), a.group_id),
        a.user_id, a.group_id, NULL, NULL, a.gone_at, b.first_seen_at,
        CASE WHEN b.valid_to IS NULL THEN 'yes' ELSE 'no' END
    FROM group_memberships_history AS a
    CROSS JOIN group_memberships_history AS b
    WHERE b.group_id = a.group_id AND b.user_id = a.user_id AND a.valid_to IS NOT NULL
        AND b.valid_from = (
            SELECT min(n.valid_from) FROM group_memberships_history AS n
            WHERE n.group_id = a.group_id AND n.user_id = a.user_id AND n.valid_from > a.valid_to)
) AS w
ORDER BY w.back_at DESC, w.what, w.who, w.access, w.id, w.group_id, w.account_id, w.permission_set_arn, w.gone_at
