-- title: Who may use an application
-- description: Everybody, where it requires no assignment; and each user who is assigned, directly or through a group. What is not known is a row too.
-- family: application
-- question: 73
-- param application (application): application ARN or name
-- example: Jira
-- not during: who may use an application is the state of one snapshot
SELECT
    access,
    via,
    user_name,
    user_status,
    group_name,
    application_name,
    application_status,
    user_id,
    group_id,
    application_arn
FROM effective_application_access
WHERE application_arn = :application
ORDER BY CASE access WHEN 'everybody' THEN 0 WHEN 'unknown' THEN 1 ELSE 2 END, user_name, user_id, via, group_name, group_id
