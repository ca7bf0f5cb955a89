-- title: What AWS changed in its managed policies
-- description: Each time since a day that AWS made a policy say another thing that a permission set attaches, the newest first, with its two texts. A policy that a permission set only came to attach is left out.
-- family: change
-- param since (date) = 2000-01-01: only what was seen from then on
-- example: 2026-01-01
SELECT
    c.taken_at,
    c.name AS policy,
    json_extract(c.fields, '$.version_id.old') AS version_before,
    c.version_id,
    (SELECT count(DISTINCT p.permission_set_arn) FROM permission_set_policies_history AS p
     WHERE p.policy = c.policy_arn AND p.valid_from <= c.snapshot_id AND (p.valid_to IS NULL OR p.valid_to > c.snapshot_id))
        AS permission_sets,
    json_extract(c.fields, '$.document.old') AS document_before,
    json_extract(c.fields, '$.document.new') AS document,
    c.snapshot_id,
    c.policy_arn
FROM managed_policies_changes AS c
WHERE c.taken_at >= :since AND c.change = 'changed' AND coalesce(json_extract(c.fields, '$.document.old'), json_extract(c.fields, '$.document.new')) IS NOT NULL
ORDER BY c.snapshot_id DESC, c.name, c.policy_arn
