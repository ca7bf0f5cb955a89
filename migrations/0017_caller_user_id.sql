-- Who collected a snapshot, by the unique id that AWS gives a user or a role: an ARN may be given again.

ALTER TABLE snapshots ADD COLUMN caller_user_id TEXT; -- unique id of who collected it (sts:GetCallerIdentity): for a role's session the role's id, a colon and the session's name; NULL in snapshots of versions that did not store it
