-- title: Applications that a user may use
-- description: The applications that the user is assigned, directly or through a group, those that are open to everybody, and those of which that is not known.
-- family: application
-- question: 73
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
-- not during: what a user may use is the state of one snapshot
SELECT
    a.application_name,
    a.access,
    a.via,
    a.group_name,
    a.application_status,
    p.portal_visibility,
    a.application_arn,
    a.group_id
FROM effective_application_access AS a
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
WHERE a.user_id = :user
   OR a.access = 'everybody'
   OR (a.access = 'unknown' AND (a.via IS NULL OR a.group_id IN (SELECT m.group_id FROM group_memberships AS m WHERE m.user_id = :user)))
ORDER BY a.application_name, a.application_arn, a.access, a.via, a.group_name, a.group_id
