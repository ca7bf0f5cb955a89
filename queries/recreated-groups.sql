-- title: Groups deleted and created again
-- description: Groups that are gone and whose name another group has, ignoring case, with the assignments that still name the old one and so give nobody access.
-- family: group
-- question: 41
-- not during: it compares the state of one snapshot
WITH gone AS MATERIALIZED (
    SELECT h.group_id, h.display_name, h.gone_at
    FROM groups_history AS h
    WHERE h.valid_to IS NOT NULL
        AND h.valid_from = (SELECT max(n.valid_from) FROM groups_history AS n WHERE n.group_id = h.group_id)
)
SELECT
    o.display_name AS group_name,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.principal_id = o.group_id AND a.principal_type = 'GROUP') AS assignments_left_behind,
    o.gone_at,
    g.created_at AS created_again_at,
    (SELECT count(*) FROM account_assignments AS a
     WHERE a.principal_id = g.group_id AND a.principal_type = 'GROUP') AS assignments_of_the_new,
    o.group_id AS old_group_id,
    g.group_id AS new_group_id
FROM gone AS o
JOIN groups AS g ON lower(g.display_name) = lower(o.display_name) AND g.group_id <> o.group_id
ORDER BY assignments_left_behind DESC, o.display_name, o.group_id, g.group_id
