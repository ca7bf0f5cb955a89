-- What AWS sends of users, groups and managed policies and was left out: each moves without the row meaning anything new.

ALTER TABLE users_versions ADD COLUMN revision TEXT; -- AWS's token for the user's last change
ALTER TABLE groups_versions ADD COLUMN revision TEXT; -- AWS's token for the group's last change
ALTER TABLE managed_policies_versions ADD COLUMN attachment_count INTEGER; -- to how many entities of the account of the credentials it is attached
ALTER TABLE managed_policies_versions ADD COLUMN boundary_usage_count INTEGER; -- for how many entities of that account it is the boundary
ALTER TABLE managed_policies_versions ADD COLUMN is_attachable INTEGER; -- 1 where it can be attached in that account
ALTER TABLE managed_policies_versions ADD COLUMN tags TEXT; -- its tags, a JSON array of {Key, Value}
