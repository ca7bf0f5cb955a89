-- What proves a snapshot: hashes of its content and of its facts, and a chain over them.
--
-- A row stays when its snapshot is pruned: it then stands for the snapshot, so that the chain can be followed.

CREATE TABLE snapshot_hashes (
    snapshot_id   INTEGER PRIMARY KEY, -- number of the snapshot
    taken_at      TEXT NOT NULL, -- time of its first call, UTC
    completed_at  TEXT NOT NULL, -- time of its last call, UTC
    content_hash  TEXT NOT NULL, -- hash of the rows alive in it
    facts_hash    TEXT NOT NULL, -- hash of what is recorded of it (snapshots without the label, coverage, gaps)
    snapshot_hash TEXT NOT NULL, -- hash of both and of the one before: the chain
    pruned_at     TEXT -- when the snapshot was removed, UTC; NULL while it is kept
) STRICT;
