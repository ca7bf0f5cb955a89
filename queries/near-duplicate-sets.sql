-- title: Permission sets that are nearly the same
-- description: Pairs of permission sets of which at least half of the policies are the same, the most alike first: a policy counts by its ARN or path, an inline policy by its text. Pairs of sets that share a policy attached to more than 50 sets and nothing else are left out.
-- family: permission-set
-- question: 25
-- not during: it compares the state of one snapshot
WITH policies AS MATERIALIZED (
    SELECT DISTINCT permission_set_arn, kind, CASE kind WHEN 'inline' THEN coalesce(document, policy) ELSE policy END AS policy
    FROM permission_set_policies
),
sizes AS MATERIALIZED (SELECT permission_set_arn, count(*) AS policies FROM policies GROUP BY permission_set_arn),
rare AS MATERIALIZED (SELECT kind, policy FROM policies GROUP BY kind, policy HAVING count(*) BETWEEN 2 AND 50),
held AS MATERIALIZED (
    SELECT p.permission_set_arn, p.kind, p.policy
    FROM rare AS r
    JOIN policies AS p ON p.kind = r.kind AND p.policy = r.policy
),
pairs AS (
    SELECT DISTINCT a.permission_set_arn AS one, b.permission_set_arn AS other
    FROM held AS a
    JOIN held AS b ON b.kind = a.kind AND b.policy = a.policy AND b.permission_set_arn > a.permission_set_arn
),
alike AS (
    SELECT q.one, q.other, (
        SELECT count(*) FROM policies AS a
        JOIN policies AS b ON b.permission_set_arn = q.other AND b.kind = a.kind AND b.policy = a.policy
        WHERE a.permission_set_arn = q.one) AS shared
    FROM pairs AS q
),
rated AS (
    SELECT a.one, a.other, a.shared, n.policies + m.policies - a.shared AS in_all
    FROM alike AS a
    JOIN sizes AS n ON n.permission_set_arn = a.one
    JOIN sizes AS m ON m.permission_set_arn = a.other
)
SELECT
    s.name AS permission_set_name,
    o.name AS other_name,
    100 * r.shared / r.in_all AS percent_shared,
    r.shared AS policies_shared,
    r.in_all AS policies_in_all,
    s.session_duration,
    o.session_duration AS other_session_duration,
    r.one AS permission_set_arn,
    r.other AS other_permission_set_arn
FROM rated AS r
LEFT JOIN permission_sets AS s ON s.permission_set_arn = r.one
LEFT JOIN permission_sets AS o ON o.permission_set_arn = r.other
WHERE 2 * r.shared >= r.in_all
ORDER BY percent_shared DESC, policies_shared DESC, s.name, o.name, r.one, r.other
