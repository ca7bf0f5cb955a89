-- title: How many of everything, and its hash
-- description: For each resource how many rows the snapshot holds, how completely they were seen, and the hash of their content. With --output FILE --evidence, the query, the snapshot and the hash of the answer are written beside it.
-- family: evidence
-- question: 83
-- not during: a population is that of one snapshot
-- not portable: the hashes that it tells prove a census, and an export has them in its manifest
SELECT
    c.resource,
    c.rows,
    c.status,
    c.gaps,
    c.carried,
    c.reason,
    json_extract(h.content, '$.' || c.resource) AS content_hash,
    h.snapshot_hash,
    s.snapshot_id,
    s.completed_at
FROM answering_snapshot AS s
JOIN coverage AS c ON c.snapshot_id = s.snapshot_id
LEFT JOIN snapshot_hashes AS h ON h.snapshot_id = s.snapshot_id
ORDER BY c.resource
