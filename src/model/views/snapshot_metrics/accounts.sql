-- The accounts, those without an assignment too.
SELECT c.account_id, c.valid_from AS valid_from, c.valid_to AS valid_to
FROM accounts_versions AS c
