-- title: A user's strongest access per account
-- description: For each account that the user reaches, the strongest permission sets held there: privileged as in privileged-access, or read only where nothing but policies of AWS for reading is attached, or other. What the documents of managed policies say is not weighed.
-- family: person
-- question: 6
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
-- not during: it compares the state of one snapshot
WITH paths AS MATERIALIZED (
    SELECT account_id, account_name, permission_set_arn, permission_set_name
    FROM effective_access
    WHERE user_id = :user
),
held AS MATERIALIZED (SELECT DISTINCT * FROM paths),
sets AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM held),
ranked AS MATERIALIZED (
    SELECT
        s.permission_set_arn,
        CASE
            WHEN s.permission_set_arn IN (SELECT p.permission_set_arn FROM privileged_permission_sets AS p WHERE p.level = 'administrator' AND p.scope = 'any') THEN 1
            WHEN NOT EXISTS (
                SELECT 1 FROM permission_set_policies AS p
                WHERE p.permission_set_arn = s.permission_set_arn AND p.kind <> 'permissions_boundary') THEN 2
            WHEN EXISTS (
                SELECT 1 FROM permission_set_policies AS p
                WHERE p.permission_set_arn = s.permission_set_arn AND p.kind <> 'permissions_boundary'
                  AND NOT (p.kind = 'aws_managed' AND (
                      p.policy LIKE '%/ReadOnlyAccess' OR p.policy LIKE '%/ViewOnlyAccess'
                      OR p.policy LIKE '%/SecurityAudit'))) THEN 2
            ELSE 3
        END AS strength
    FROM sets AS s
),
best AS (
    SELECT h.account_id, min(r.strength) AS strength, count(*) AS sets
    FROM held AS h
    JOIN ranked AS r ON r.permission_set_arn = h.permission_set_arn
    GROUP BY h.account_id
)
SELECT
    h.account_name,
    h.permission_set_name,
    CASE b.strength WHEN 1 THEN 'privileged' WHEN 2 THEN 'other' ELSE 'read only' END AS strength,
    b.sets AS sets_in_account,
    h.account_id,
    h.permission_set_arn
FROM best AS b
JOIN held AS h ON h.account_id = b.account_id
JOIN ranked AS r ON r.permission_set_arn = h.permission_set_arn AND r.strength = b.strength
ORDER BY b.strength, h.account_name, h.account_id, h.permission_set_name, h.permission_set_arn
