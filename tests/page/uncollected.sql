-- A census whose collections never asked for assignments.
DELETE FROM account_assignments_versions;
UPDATE coverage SET status = 'not_collected', rows = 0, gaps = 0, reason = 'not asked for' WHERE resource = 'account_assignments';
INSERT INTO gaps (snapshot_id, resource, scope, kind, error_message, attempts)
SELECT snapshot_id, 'account_assignments', '{}', 'not_asked', 'not asked for', 0 FROM snapshots;
