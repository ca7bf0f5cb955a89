-- How much of a resource nobody asked for, and the access reports that pruning would forget.
--
-- The rows of coverage stay what they were: the hashes of their snapshots hold. In snapshots of before, the two new
-- columns are NULL and the status is complete where it is now limited: it is derived from their gaps when it is read.
CREATE TEMP TABLE coverage_before AS SELECT * FROM main.coverage;
DROP TABLE main.coverage;

CREATE TABLE coverage (
    snapshot_id INTEGER NOT NULL REFERENCES snapshots, -- the snapshot
    resource    TEXT NOT NULL, -- name of the resource
    status      TEXT NOT NULL CHECK (status IN ('complete', 'limited', 'partial', 'not_collected', 'unavailable')), -- complete, limited (all that was asked for was seen, but only parts were asked for), partial, not_collected (not asked for) or unavailable (cannot be seen from here)
    rows        INTEGER NOT NULL, -- rows alive in the snapshot, carried ones included
    gaps        INTEGER NOT NULL, -- gaps of kind denied or failed
    reason      TEXT, -- why, unless complete
    not_asked   INTEGER, -- scopes that were not asked for; NULL in snapshots that are older than this column
    carried     INTEGER, -- rows that were carried forward without being seen; NULL in snapshots that are older than this column
    PRIMARY KEY (snapshot_id, resource)
) STRICT, WITHOUT ROWID;

INSERT INTO main.coverage (snapshot_id, resource, status, rows, gaps, reason)
SELECT snapshot_id, resource, status, rows, gaps, reason FROM temp.coverage_before;
DROP TABLE temp.coverage_before;

CREATE TABLE pruned_reports (
    snapshot_id           INTEGER NOT NULL REFERENCES snapshots, -- the first kept snapshot after the pruned one that asked for the report
    entity_id             TEXT NOT NULL, -- id of the root, OU or account
    policy_id             TEXT NOT NULL, -- the service control policy, empty for the entity's own report
    job_status            TEXT NOT NULL, -- COMPLETED
    created_at            TEXT, -- when the job was created, UTC
    completed_at          TEXT, -- when it was completed, UTC
    services_accessible   INTEGER, -- services that service control policies allow
    services_not_accessed INTEGER, -- of these, services without an attempt in AWS's tracking period
    PRIMARY KEY (snapshot_id, entity_id, policy_id)
) STRICT, WITHOUT ROWID;
