-- title: Users who are not in a list
-- description: Users of whom neither the user name, the id nor an e-mail address is in a list, such as an export of the staff, and whether they have access to an account. The list has names and addresses with commas, semicolons, spaces or line breaks between them; case and quotes do not count.
-- family: hygiene
-- question: 46
-- param list (text): names, ids or e-mail addresses themselves, not the name of a file: "$(cat FILE)"
-- example: 'ana@example.com, bo@example.com'
-- not during: it compares the state of one snapshot
WITH list AS MATERIALIZED (
    SELECT DISTINCT lower(trim(j.value)) AS name
    FROM json_each('[' || replace(json_quote(replace(replace(replace(replace(replace(replace(
        :list, '"', ''), char(13), ','), char(10), ','), char(9), ','), ';', ','), ' ', ',')), ',', '","') || ']') AS j
    WHERE trim(j.value) <> ''
)
SELECT
    u.user_name,
    u.primary_email,
    u.user_status,
    CASE WHEN EXISTS (SELECT 1 FROM effective_access AS e WHERE e.user_id = u.user_id) THEN 'yes' ELSE 'no' END AS has_access,
    u.display_name,
    u.created_at,
    u.user_id
FROM users AS u
WHERE lower(u.user_id) NOT IN (SELECT name FROM list)
    AND lower(coalesce(u.user_name, '')) NOT IN (SELECT name FROM list)
    AND lower(coalesce(u.primary_email, '')) NOT IN (SELECT name FROM list)
    AND NOT EXISTS (
        SELECT 1 FROM json_each(CASE WHEN json_valid(u.emails) THEN u.emails ELSE '[]' END) AS m
        WHERE lower(CASE m.type WHEN 'object' THEN json_extract(m.value, '$.Value') END) IN (SELECT name FROM list))
ORDER BY u.user_name, u.user_id
