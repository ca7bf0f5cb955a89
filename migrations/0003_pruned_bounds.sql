-- What a version's bounds no longer tell once the snapshot that they named is pruned.
--
-- The bounds of a version move to the next kept snapshot. Where a gap hid the row from that one, it saw neither
-- the row nor its end; these tables say so. What was collected stays as it is: gaps and coverage are not touched.

CREATE TABLE pruned_beginnings (
    snapshot_id  INTEGER NOT NULL REFERENCES snapshots, -- the snapshot that a version now begins with, which only carried it
    resource     TEXT NOT NULL, -- name of the resource
    key          TEXT NOT NULL, -- the row's key, a JSON object of column to value
    last_seen    INTEGER NOT NULL, -- number of the pruned snapshot that saw the row last
    last_seen_at TEXT NOT NULL, -- when that one was completed, UTC
    PRIMARY KEY (snapshot_id, resource, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE pruned_endings (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    key         TEXT NOT NULL, -- the row's key, a JSON object of column to value
    seen        INTEGER NOT NULL CHECK (seen IN (0, 1)), -- 1 when this snapshot saw that the row was gone, 0 when a pruned one did
    PRIMARY KEY (snapshot_id, resource, key)
) STRICT, WITHOUT ROWID;
