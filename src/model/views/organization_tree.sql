-- An OU whose parent was not seen begins a tree of its own, without a depth.
WITH RECURSIVE tree (id, type, name, parent_id, depth, ou_path, entity_path) AS (
    SELECT r.root_id, 'root', r.name, NULL, 0, coalesce(r.name, r.root_id),
           coalesce((SELECT o.organization_id || '/' FROM organization AS o), '') || r.root_id
    FROM roots AS r
    UNION ALL
    SELECT o.ou_id, 'organizational_unit', o.name, o.parent_id, NULL, coalesce(o.name, o.ou_id), o.entity_path
    FROM organizational_units AS o
    WHERE NOT EXISTS (SELECT 1 FROM roots AS r WHERE r.root_id = o.parent_id)
      AND NOT EXISTS (SELECT 1 FROM organizational_units AS p WHERE p.ou_id = o.parent_id)
    UNION ALL
    SELECT o.ou_id, 'organizational_unit', o.name, o.parent_id, t.depth + 1,
           t.ou_path || '/' || coalesce(o.name, o.ou_id), o.entity_path
    FROM tree AS t
    JOIN organizational_units AS o ON o.parent_id = t.id
)
SELECT
    t.id, -- id of the root, OU or account
    CAST(t.type AS TEXT) AS type, -- root, organizational_unit or account
    t.name, -- its name
    t.parent_id, -- id of the root or OU that it is in
    CAST(t.depth AS INTEGER) AS depth, -- 0 for the root; NULL below an OU whose parent was not seen
    CAST(t.ou_path AS TEXT) AS ou_path, -- names from the root down to the OU, joined by slashes; an account has the path of its OU
    t.entity_path -- ids from the organization down, joined by slashes
FROM tree AS t
UNION ALL
SELECT a.account_id, CAST('account' AS TEXT), a.name, a.parent_id, CAST(t.depth + 1 AS INTEGER), CAST(t.ou_path AS TEXT), a.entity_path
FROM accounts AS a
LEFT JOIN tree AS t ON t.id = a.parent_id
