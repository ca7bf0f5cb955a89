SELECT o.ou_id, o.parent_id FROM organizational_units AS o ORDER BY o.ou_id
