-- title: Delegated administrators and trusted services
-- description: Each service that the organization trusts, with the accounts that administer it; and those that are administered without being trusted.
-- family: organization
-- question: 80
-- not during: who administers which service is the state of one snapshot
WITH services AS (
    SELECT t.service_principal FROM trusted_services AS t
    UNION
    SELECT d.service_principal FROM delegated_administrators AS d
)
SELECT
    s.service_principal,
    CASE WHEN t.service_principal IS NULL THEN 'no' ELSE 'yes' END AS trusted,
    t.enabled_at AS trusted_since,
    a.name AS administered_by,
    d.account_id,
    d.delegation_enabled_at AS delegated_since
FROM services AS s
LEFT JOIN trusted_services AS t ON t.service_principal = s.service_principal
LEFT JOIN delegated_administrators AS d ON d.service_principal = s.service_principal
LEFT JOIN accounts AS a ON a.account_id = d.account_id
ORDER BY s.service_principal, a.name, d.account_id
