-- A group that was listed and has no members gives nobody access: that is known, and not here. Neither is a
-- group whose own row is missing while its members are known. A gap hides nothing of what was seen all the
-- same in a narrower scope (seen_under_gaps). The principals are looked up by a list made once: there are ten
-- times as many assignments as principals. A gap is of all users, groups or members, or of one user or group:
-- those two scopes are looked for, and no other gap is tried, for there may be as many as principals.
SELECT
    a.account_id, -- id of the account
    a.permission_set_arn, -- ARN of the permission set
    a.principal_type, -- USER or GROUP
    a.principal_id, -- id of the user or group
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                     WHERE n.resource = 'users'
                       AND n.scope IN ('{}', json_object('user_id', a.principal_id))
                       AND (n.scope <> '{}' OR NOT EXISTS (
                           SELECT 1 FROM seen_under_gaps AS x
                           WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'users'
                             AND x.scope = json_object('user_id', a.principal_id))))
        THEN 'principal_not_listed' ELSE 'principal_deleted'
    END AS TEXT) AS reason -- principal_deleted, principal_not_listed, members_not_listed, or member_users_not_listed
FROM account_assignments AS a
WHERE a.principal_type = 'USER'
  AND a.principal_id IN (SELECT q.principal_id FROM account_assignments AS q WHERE q.principal_type = 'USER'
                         EXCEPT SELECT u.user_id FROM users AS u)
UNION ALL
SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id,
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                     WHERE n.resource = 'groups'
                       AND n.scope IN ('{}', json_object('group_id', a.principal_id))
                       AND (n.scope <> '{}' OR NOT EXISTS (
                           SELECT 1 FROM seen_under_gaps AS x
                           WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'groups'
                             AND x.scope = json_object('group_id', a.principal_id))))
             AND NOT EXISTS (SELECT 1 FROM groups AS g WHERE g.group_id = a.principal_id)
        THEN 'principal_not_listed'
        WHEN EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                     WHERE n.resource = 'group_memberships'
                       AND n.scope IN ('{}', json_object('group_id', a.principal_id))
                       AND (n.scope <> '{}' OR NOT EXISTS (
                           SELECT 1 FROM seen_under_gaps AS x
                           WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'group_memberships'
                             AND x.scope = json_object('group_id', a.principal_id))))
        THEN 'members_not_listed'
        ELSE 'principal_deleted'
    END AS TEXT)
FROM account_assignments AS a
WHERE a.principal_type = 'GROUP'
  AND a.principal_id IN (
      SELECT q.principal_id
      FROM (SELECT DISTINCT principal_id FROM account_assignments WHERE principal_type = 'GROUP') AS q
      WHERE NOT EXISTS (SELECT 1 FROM group_memberships AS m WHERE m.group_id = q.principal_id)
        AND (NOT EXISTS (SELECT 1 FROM groups AS g WHERE g.group_id = q.principal_id)
             OR EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                        WHERE n.resource = 'group_memberships'
                          AND n.scope IN ('{}', json_object('group_id', q.principal_id))
                          AND (n.scope <> '{}' OR NOT EXISTS (
                              SELECT 1 FROM seen_under_gaps AS x
                              WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'group_memberships'
                                AND x.scope = json_object('group_id', q.principal_id))))))
UNION ALL
-- Members whose user is unknown matter only where users could not all be listed: else they are deleted.
SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id, CAST('member_users_not_listed' AS TEXT)
FROM account_assignments AS a
WHERE a.principal_type = 'GROUP'
  AND EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gap_columns AS o ON o.snapshot_id = s.snapshot_id
              WHERE o.resource = 'users')
  AND a.principal_id IN (
      SELECT m.group_id FROM group_memberships AS m
      WHERE NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = m.user_id)
        AND EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                    WHERE n.resource = 'users'
                      AND n.scope IN ('{}', json_object('user_id', m.user_id))
                      AND (n.scope <> '{}' OR NOT EXISTS (
                          SELECT 1 FROM seen_under_gaps AS x
                          WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'users'
                            AND x.scope = json_object('user_id', m.user_id)))))
