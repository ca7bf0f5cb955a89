-- What proves a snapshot: hashes of its content and of its facts, and a chain over them.
--
-- A row stays when its snapshot is pruned: it then stands for the snapshot, so that the chain can be followed.
-- How each hash is made: src/store/evidence.

CREATE TABLE snapshot_hashes (
    snapshot_id   INTEGER PRIMARY KEY, -- number of the snapshot
    taken_at      TEXT NOT NULL, -- time of its first call, UTC
    completed_at  TEXT NOT NULL, -- time of its last call, UTC
    content       TEXT NOT NULL, -- hash of each resource's rows alive in it: a JSON object of resource to hash
    content_hash  TEXT NOT NULL, -- SHA-256 of that text
    facts         TEXT NOT NULL, -- hash of what each table keyed by snapshot says of it (its label aside): a JSON object of table to hash
    facts_hash    TEXT NOT NULL, -- SHA-256 of that text
    snapshot_hash TEXT NOT NULL, -- SHA-256 of its number, its times, both hashes and the snapshot_hash before: the chain
    pruned_at     TEXT, -- when the snapshot was removed, UTC; NULL while it is kept
    notes_hash    TEXT, -- hash of what pruning noted of it (pruned_beginnings, pruned_endings); NULL: nothing
    state         BLOB -- what the next snapshot's content is counted on from, kept of the newest row only
) STRICT;
