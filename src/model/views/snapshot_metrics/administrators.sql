-- The permission sets that may grant themselves anything (1), and those of which that is not known (0).
SELECT v.permission_set_arn, v.level IS 'administrator' AND v.scope IS 'any', v.valid_from AS valid_from,
    v.valid_to AS valid_to
FROM privileged_permission_sets_kept AS v
WHERE v.level = 'administrator' AND v.scope = 'any' OR v.level IS NULL OR v.unread IS NOT NULL
