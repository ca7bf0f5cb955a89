-- Beside each document the hash of what it says, so that a new spelling of a policy is told from a new policy.
--
-- It is derived (src/store/documents.rs fills it, here and at each publish), and so no column of the resource: it is
-- left out of the views, of what is hashed as evidence, and of every diff.

-- The rules' version, a colon, and the SHA-256 of the canonical form; NULL where there is no document.
ALTER TABLE permission_set_policies_versions ADD COLUMN document_hash TEXT;
