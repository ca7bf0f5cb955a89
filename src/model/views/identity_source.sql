-- No operation tells where users come from: it is concluded. A provider that provisions by SCIM gives users and groups an
-- id of its own; a directory that is synchronized in the old way refuses to be listed. Users who all lack such an id were
-- made in Identity Center, if all of them could be seen.
WITH external_ids AS (
    SELECT 'user' AS kind, u.user_id AS id, json_extract(e.value, '$.Issuer') AS issuer
    FROM users AS u, json_each(CASE WHEN json_valid(u.external_ids) THEN u.external_ids ELSE '[]' END) AS e
    UNION ALL
    SELECT 'group', g.group_id, json_extract(e.value, '$.Issuer')
    FROM groups AS g, json_each(CASE WHEN json_valid(g.external_ids) THEN g.external_ids ELSE '[]' END) AS e
),
refused AS (
    SELECT n.operation, n.error_code, n.error_message
    FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
    WHERE n.resource IN ('users', 'groups', 'group_memberships') AND n.kind = 'unavailable'
      AND n.operation LIKE 'identitystore:%'
    ORDER BY n.resource DESC
    LIMIT 1
),
counted AS (
    SELECT
        (SELECT count(*) FROM users) AS users,
        (SELECT count(*) FROM groups) AS groups,
        (SELECT count(DISTINCT id) FROM external_ids WHERE kind = 'user') AS external_users,
        (SELECT count(DISTINCT id) FROM external_ids WHERE kind = 'group') AS external_groups,
        (SELECT group_concat(issuer, ', ')
         FROM (SELECT DISTINCT issuer FROM external_ids WHERE issuer IS NOT NULL ORDER BY issuer)) AS issuers,
        EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
                WHERE n.resource = 'users') AS users_hidden
)
SELECT
    s.instance_arn, -- ARN of the instance
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM refused) THEN 'active_directory'
        WHEN c.issuers LIKE 'arn:%:ds:%' OR c.issuers LIKE '%:directory/%' THEN 'active_directory'
        WHEN c.external_users + c.external_groups > 0 THEN 'external'
        WHEN c.users > 0 AND NOT c.users_hidden THEN 'identity_center'
        ELSE 'unknown'
    END AS TEXT) AS source, -- identity_center, external (a provider that provisions by SCIM), active_directory or unknown
    CAST(CASE
        WHEN EXISTS (SELECT 1 FROM refused)
        THEN (SELECT r.operation || ' was refused: ' || coalesce(r.error_message, r.error_code) FROM refused AS r)
        WHEN c.external_users + c.external_groups > 0
        THEN c.external_users || ' of ' || c.users || ' users and ' || c.external_groups || ' of ' || c.groups
             || ' groups have an id of ' || coalesce(c.issuers, 'an issuer that is not named')
        WHEN c.users_hidden THEN 'not all users could be seen'
        WHEN c.users > 0 THEN 'none of ' || c.users || ' users has an id of another issuer'
        ELSE 'there are no users'
    END AS TEXT) AS evidence -- from what that is concluded
FROM answering_snapshot AS s, counted AS c
WHERE s.instance_arn IS NOT NULL
