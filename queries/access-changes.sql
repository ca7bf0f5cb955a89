-- title: What one person gained and lost, and why
-- description: Each path of access that one user gained or lost since a day, or whose policies changed, the newest first, with the cause: what a group was given or lost is told for its member. Unknown is what a gap may have hidden before. access-changed tells of everybody, diff --access what is left in the end.
-- family: person
-- question: 51
-- param user (user): user id, name or e-mail address, of a past user too
-- param since (date) = 2000-01-01: only what was seen from then on
-- example: ana@example.com
-- A member of a group is told of what the group gained where the user is in it afterwards, and of what it lost where the
-- user was in it before.
SELECT
    c.taken_at,
    c.change,
    c.cause,
    c.permission_set_name,
    c.account_name,
    c.group_name,
    c.snapshot_id,
    c.account_id,
    c.permission_set_arn,
    c.group_id,
    :user AS user_id
FROM access_changes AS c
WHERE c.taken_at >= :since
    AND (c.user_id = :user
        OR c.user_id IS NULL AND EXISTS (
            SELECT 1 FROM group_memberships_history AS m
            WHERE m.group_id = c.group_id AND m.user_id = :user
                AND CASE c.change
                    WHEN 'lost' THEN m.valid_from < c.snapshot_id AND (m.valid_to IS NULL OR m.valid_to >= c.snapshot_id)
                    ELSE m.valid_from <= c.snapshot_id AND (m.valid_to IS NULL OR m.valid_to > c.snapshot_id) END))
ORDER BY c.snapshot_id DESC, c.account_name, c.account_id, c.permission_set_name, c.permission_set_arn, c.change, c.cause, c.group_id
