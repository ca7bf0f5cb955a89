-- title: Permission sets with long sessions
-- description: Permission sets whose session lasts longer than so many hours, the longest first. AWS takes one hour where none is set.
-- family: permission-set
-- question: 27
-- param hours (number): a session that lasts longer is listed
-- example: 4
WITH sessions AS (
    SELECT s.name, s.permission_set_arn, s.session_duration,
        -- during: s.valid_from, s.first_seen_at, s.not_before, s.last_seen_at, s.gone_at,
        CASE WHEN instr(s.session_duration, 'D') > 0
            THEN 24.0 * CAST(substr(s.session_duration, 2) AS REAL) ELSE 0 END
        + CASE WHEN instr(s.session_duration, 'T') = 0 THEN 0
            ELSE CASE WHEN instr(s.session_duration, 'H') > 0
                    THEN CAST(substr(s.session_duration, instr(s.session_duration, 'T') + 1) AS REAL) ELSE 0 END
                + CASE WHEN instr(s.session_duration, 'M') = 0 THEN 0
                    ELSE CAST(substr(s.session_duration, max(instr(s.session_duration, 'T'), instr(s.session_duration, 'H')) + 1)
                        AS REAL) / 60 END
            END AS hours
    FROM permission_sets AS s
)
SELECT
    t.name AS permission_set_name,
    t.hours,
    t.session_duration,
    -- during: t.first_seen_at, t.not_before, t.last_seen_at, t.gone_at,
    (SELECT count(DISTINCT a.account_id) FROM account_assignments AS a
     WHERE a.permission_set_arn = t.permission_set_arn) AS accounts,
    t.permission_set_arn
FROM sessions AS t
WHERE t.hours > :hours
ORDER BY t.hours DESC, t.name, t.permission_set_arn
    -- during: , t.valid_from
