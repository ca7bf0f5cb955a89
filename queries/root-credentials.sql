-- title: Root users with access keys or without MFA
-- description: Every account whose root user has an active access key or signing certificate, or no second factor, with the last sign-in. An account whose IAM was read without its credential report is a row that says so. Nothing is known of the accounts that were not read.
-- family: hygiene
-- question: 70
-- not during: credentials are the state of one report
WITH read AS (
    SELECT DISTINCT account_id FROM iam_roles
    UNION SELECT DISTINCT account_id FROM iam_users
    UNION SELECT DISTINCT account_id FROM iam_credentials
)
SELECT
    c.name AS account_name,
    CASE
        WHEN k.account_id IS NULL THEN 'the root user is in no credential report that was read'
        WHEN k.mfa_active IS NULL OR k.access_key_1_active IS NULL OR k.access_key_2_active IS NULL
            OR k.cert_1_active IS NULL OR k.cert_2_active IS NULL THEN 'the report does not say everything'
    END AS not_read,
    CASE k.mfa_active WHEN 1 THEN 'yes' WHEN 0 THEN 'no' END AS mfa,
    CAST(k.access_key_1_active AS INTEGER) + CAST(k.access_key_2_active AS INTEGER) AS active_keys,
    CAST(k.cert_1_active AS INTEGER) + CAST(k.cert_2_active AS INTEGER) AS active_certificates,
    (SELECT max(p.last_used_at) FROM iam_credential_activity AS p
     WHERE p.account_id = k.account_id AND p.user_name = k.user_name AND p.credential = 'password') AS last_sign_in,
    (SELECT max(p.last_used_at) FROM iam_credential_activity AS p
     WHERE p.account_id = k.account_id AND p.user_name = k.user_name AND p.credential <> 'password') AS last_key_use,
    (SELECT max(r.generated_at) FROM iam_credential_reports AS r
     WHERE r.account_id = a.account_id AND r.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)) AS report_made_at,
    a.account_id
FROM read AS a
LEFT JOIN iam_credentials AS k ON k.account_id = a.account_id AND k.user_name = '<root_account>'
LEFT JOIN accounts AS c ON c.account_id = a.account_id
WHERE k.account_id IS NULL OR coalesce(k.mfa_active, 0) = 0
    OR coalesce(k.access_key_1_active, 1) = 1 OR coalesce(k.access_key_2_active, 1) = 1
    OR coalesce(k.cert_1_active, 1) = 1 OR coalesce(k.cert_2_active, 1) = 1
ORDER BY c.name, a.account_id
