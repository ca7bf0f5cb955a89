-- title: Old or unused access keys
-- description: Every active access key of an IAM user or of a root user that is older than so many days, or that nobody used for so many: of a key without a use, since it was created. A key whose use was not read, and a user who is not in the account's credential report, are rows that say so. A use is stored when it is newer by some days than the one before (--activity-step). Nothing is known of the accounts that were not read.
-- family: hygiene
-- question: 68
-- param age (number) = 365: how many days old a key may be
-- param unused (number) = 90: how many days it may be unused
-- example: 180 30
-- not during: keys and their uses are the state of one report
WITH keys AS (
    SELECT k.account_id, k.user_name, k.user_creation_time, 'access_key_1' AS access_key, k.access_key_1_active AS active,
        k.access_key_1_last_rotated AS created_at FROM iam_credentials AS k
    UNION ALL
    SELECT k.account_id, k.user_name, k.user_creation_time, 'access_key_2', k.access_key_2_active, k.access_key_2_last_rotated
    FROM iam_credentials AS k
),
found AS (
    SELECT
        k.account_id, k.user_name, k.access_key, k.created_at, p.last_used_at, p.last_used_service, p.last_used_region,
        CASE WHEN k.active IS NULL THEN 'the report does not say whether it is active'
            WHEN k.created_at IS NULL THEN 'the report does not say how old it is'
            WHEN p.user_name IS NULL THEN 'its use was not read' END AS not_read,
        unixepoch(s.completed_at) - unixepoch(k.created_at) > :age * 86400 AS is_old,
        p.user_name IS NOT NULL
            AND unixepoch(s.completed_at) - unixepoch(coalesce(p.last_used_at, k.created_at)) > :unused * 86400 AS is_unused
    FROM keys AS k
    CROSS JOIN answering_snapshot AS s
    LEFT JOIN iam_credential_activity AS p
        ON p.account_id = k.account_id AND p.user_name = k.user_name AND p.credential = k.access_key
    -- Another user of the same name, created since, has other credentials.
    WHERE (k.active IS NULL OR k.active = 1) AND NOT EXISTS (
        SELECT 1 FROM iam_users AS u
        WHERE u.account_id = k.account_id AND u.user_name = k.user_name
            AND unixepoch(u.created_at) <> unixepoch(k.user_creation_time))
    UNION ALL
    SELECT u.account_id, u.user_name, NULL, NULL, NULL, NULL, NULL, 'not in the credential report', 0, 0
    FROM iam_users AS u
    WHERE NOT EXISTS (
        SELECT 1 FROM iam_credentials AS k
        WHERE k.account_id = u.account_id AND k.user_name = u.user_name
            AND (u.created_at IS NULL OR k.user_creation_time IS NULL
                OR unixepoch(u.created_at) = unixepoch(k.user_creation_time)))
)
SELECT
    f.user_name AS iam_user,
    c.name AS account_name,
    f.access_key,
    CASE
        WHEN f.is_unused AND f.last_used_at IS NULL THEN CASE WHEN f.is_old THEN 'old, no use known to AWS' ELSE 'no use known to AWS' END
        WHEN f.is_unused THEN CASE WHEN f.is_old THEN 'old, unused' ELSE 'unused' END
        WHEN f.is_old THEN 'old'
    END AS finding,
    f.not_read,
    f.created_at,
    f.last_used_at,
    f.last_used_service,
    f.last_used_region,
    (SELECT max(r.generated_at) FROM iam_credential_reports AS r
     WHERE r.account_id = f.account_id AND r.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)) AS report_made_at,
    f.account_id
FROM found AS f
LEFT JOIN accounts AS c ON c.account_id = f.account_id
WHERE f.is_old OR f.is_unused OR f.not_read IS NOT NULL
ORDER BY c.name, f.account_id, f.user_name, f.access_key
