-- title: Applications open to everybody
-- description: The applications that require no assignment, so that every user may use them, and those of which that is not known. How many principals are assigned all the same is told beside it.
-- family: application
-- question: 73
-- not during: whom an application is open to is the state of one snapshot
SELECT
    a.application_name,
    a.access,
    a.application_status,
    p.provider_arn,
    p.portal_visibility,
    (SELECT count(*) FROM application_assignments AS n WHERE n.application_arn = a.application_arn) AS assignments,
    c.name AS account_name,
    p.created_at,
    a.application_arn
FROM effective_application_access AS a
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
LEFT JOIN accounts AS c ON c.account_id = p.application_account_id
WHERE a.access = 'everybody' OR (a.access = 'unknown' AND a.via IS NULL)
ORDER BY a.access, a.application_name, a.application_arn
