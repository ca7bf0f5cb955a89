-- title: IAM users without MFA
-- description: Every IAM user who has a console password and no second factor, with the last sign-in. The root user is in root-credentials. A user of whom the credential report does not tell both is a row that says so. Nothing is known of the accounts that were not read.
-- family: hygiene
-- question: 69
-- not during: credentials are the state of one report
WITH everyone AS (
    SELECT u.account_id, u.user_name, u.created_at FROM iam_users AS u
    UNION ALL
    SELECT k.account_id, k.user_name, k.user_creation_time FROM iam_credentials AS k
    WHERE k.user_name <> '<root_account>' AND NOT EXISTS (
        SELECT 1 FROM iam_users AS u WHERE u.account_id = k.account_id AND u.user_name = k.user_name)
)
SELECT
    e.user_name AS iam_user,
    c.name AS account_name,
    CASE
        WHEN k.user_name IS NULL THEN 'not in the credential report'
        WHEN k.password_enabled IS NULL THEN 'the report does not say whether there is a password'
        WHEN k.mfa_active IS NULL THEN 'the report does not say whether there is a second factor'
        WHEN p.user_name IS NULL THEN 'the last sign-in was not read'
    END AS not_read,
    p.last_used_at AS last_sign_in,
    p.last_used_status AS why_no_sign_in,
    k.password_last_changed,
    e.created_at,
    (SELECT max(r.generated_at) FROM iam_credential_reports AS r
     WHERE r.account_id = e.account_id AND r.snapshot_id <= (SELECT s.snapshot_id FROM answering_snapshot AS s)) AS report_made_at,
    e.account_id
FROM everyone AS e
-- Another user of the same name, created since, has other credentials.
LEFT JOIN iam_credentials AS k ON k.account_id = e.account_id AND k.user_name = e.user_name
    AND (e.created_at IS NULL OR k.user_creation_time IS NULL OR unixepoch(e.created_at) = unixepoch(k.user_creation_time))
LEFT JOIN iam_credential_activity AS p ON p.account_id = k.account_id AND p.user_name = k.user_name AND p.credential = 'password'
LEFT JOIN accounts AS c ON c.account_id = e.account_id
WHERE coalesce(k.password_enabled, 1) = 1 AND coalesce(k.mfa_active, 0) = 0
ORDER BY c.name, e.account_id, e.user_name
