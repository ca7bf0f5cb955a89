-- The items that a listing sent twice, and the last full pass by pairs that pruning would forget.
CREATE TABLE doubled_items (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    item        TEXT NOT NULL, -- the key of the item that AWS listed twice with different values, its parts separated by spaces; the later one is kept
    differs     TEXT NOT NULL, -- the columns that differed, separated by commas
    PRIMARY KEY (snapshot_id, resource, item)
) STRICT, WITHOUT ROWID;

CREATE TABLE pruned_full_passes (
    snapshot_id  INTEGER NOT NULL REFERENCES snapshots, -- the kept snapshot that it is noted with: the first one after the pruned one, else the newest
    resource     TEXT NOT NULL, -- name of the resource that not every snapshot sees completely, account_assignments
    full_pass_id INTEGER NOT NULL, -- number of the last pruned snapshot that saw it completely
    completed_at TEXT NOT NULL, -- when that one was completed, UTC
    PRIMARY KEY (snapshot_id, resource)
) STRICT, WITHOUT ROWID;
