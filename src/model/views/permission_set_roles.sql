-- The name is read from the right, for the name of a permission set may end like the suffix; case counts. A SAML provider that
-- is called after the instance tells its roles from those that a rebuilt instance left behind. Where no provider is, and
-- there are several, which one is the instance's is not known.
SELECT
    r.account_id, -- id of the account that has the role
    CAST(CASE WHEN r.reason IS NULL THEN r.permission_set_arn END AS TEXT) AS permission_set_arn, -- ARN of the permission set; NULL where it is not certain
    CAST(r.name AS TEXT) AS permission_set_name, -- name of the permission set, as the role's name has it
    r.role_arn, -- ARN of the role
    r.role_name, -- name of the role, AWSReservedSSO_…
    u.last_used_at, -- when anyone last used it, at least as recent as this, UTC; NULL: no use in AWS's tracking period, or not known
    u.last_used_region, -- Region of that use
    CAST(u.role_name IS NOT NULL AS INTEGER) AS is_use_known, -- 0 where it was not read when the role was last used
    r.created_at, -- when the role was created, UTC
    CAST(r.reason AS TEXT) AS reason -- why the permission set is not certain; NULL where it is
FROM (
    SELECT o.account_id, o.role_arn, o.role_name, o.created_at, o.name,
        (SELECT min(s.permission_set_arn) FROM permission_sets AS s WHERE s.name = o.name) AS permission_set_arn,
        CASE
            WHEN o.provider IS NULL THEN 'its trust policy names no SAML provider of Identity Center'
            WHEN o.is_of_instance = 0 AND o.any_of_instance = 1 THEN 'another instance of Identity Center left it behind'
            WHEN o.any_of_instance = 0 AND o.first_provider <> o.last_provider
                THEN 'roles name several SAML providers, and which is of the instance is not known'
            WHEN NOT EXISTS (SELECT 1 FROM permission_sets AS s WHERE s.name = o.name) THEN 'no permission set has this name'
            WHEN (SELECT count(*) FROM permission_sets AS s WHERE s.name = o.name) > 1 THEN 'several permission sets have this name'
            WHEN sum(o.is_of_instance >= o.any_of_instance) OVER (PARTITION BY o.account_id, o.name) > 1
                THEN 'several roles of the account are of this permission set'
        END AS reason
    FROM (
        SELECT q.*,
            max(q.is_of_instance) OVER () AS any_of_instance,
            min(q.provider) OVER () AS first_provider,
            max(q.provider) OVER () AS last_provider
        FROM (
            SELECT p.*, coalesce(p.provider IN (
                SELECT 'AWSSSO_' || replace(substr(i.instance_arn, instr(i.instance_arn, 'instance/') + 9), 'ssoins-', '') || '_DO_NOT_DELETE'
                FROM answering_snapshot AS i), 0) AS is_of_instance
            FROM (
                SELECT f.account_id, f.arn AS role_arn, f.role_name, f.created_at,
                    substr(f.role_name, 16, length(f.role_name) - 32) AS name,
                    CASE WHEN instr(f.trust_policy, ':saml-provider/AWSSSO_') > 0
                        THEN substr(substr(f.trust_policy, instr(f.trust_policy, ':saml-provider/AWSSSO_') + 15), 1,
                            instr(substr(f.trust_policy, instr(f.trust_policy, ':saml-provider/AWSSSO_') + 15), '"') - 1)
                        END AS provider
                FROM iam_roles AS f
                WHERE substr(f.role_name, 1, 15) = 'AWSReservedSSO_' AND length(f.role_name) > 32
                    AND substr(f.role_name, -17, 1) = '_'
                    AND length(trim(substr(f.role_name, -16), '0123456789abcdef')) = 0
                    AND substr(f.path, 1, 32) = '/aws-reserved/sso.amazonaws.com/'
            ) AS p
        ) AS q
    ) AS o
) AS r
LEFT JOIN iam_role_activity AS u ON u.account_id = r.account_id AND u.role_name = r.role_name
