-- Power over identities or over everything: by the name of an AWS managed policy, or by what an inline policy
-- allows. Conditions, permissions boundaries and service control policies are not weighed, and the documents
-- of managed policies are not read: a set that is not here may still be powerful.
WITH powerful (name) AS (
    VALUES
        ('AdministratorAccess'), -- everything
        ('PowerUserAccess'), -- everything but IAM, Organizations and account settings
        ('IAMFullAccess'), -- may give itself everything
        ('AWSOrganizationsFullAccess'), -- moves accounts, detaches service control policies
        ('AWSSSOMasterAccountAdministrator'), -- assigns any permission set in any account
        ('AWSSSOMemberAccountAdministrator'), -- the same from a member account
        ('AWSSSODirectoryAdministrator') -- puts anyone into any group
),
inline_policies AS (
    SELECT p.permission_set_arn, CASE WHEN json_valid(p.document) THEN p.document ELSE '{}' END AS document
        -- during: , p.valid_from, p.valid_to
    FROM permission_set_policies AS p
    WHERE p.kind = 'inline'
),
statements AS (
    SELECT p.permission_set_arn, CASE WHEN s.type = 'object' THEN s.value ELSE '{}' END AS statement
        -- during: , p.valid_from, p.valid_to
    FROM inline_policies AS p,
         json_each(CASE json_type(p.document, '$.Statement')
                       WHEN 'array' THEN json_extract(p.document, '$.Statement')
                       WHEN 'object' THEN json_array(json(json_extract(p.document, '$.Statement')))
                       ELSE '[]' END) AS s
),
allowed AS (
    SELECT s.permission_set_arn, s.statement, lower(a.value) AS action
        -- during: , s.valid_from, s.valid_to
    FROM statements AS s,
         json_each(CASE json_type(s.statement, '$.Action')
                       WHEN 'array' THEN json_extract(s.statement, '$.Action')
                       WHEN 'text' THEN json_array(json_extract(s.statement, '$.Action'))
                       ELSE '[]' END) AS a
    WHERE json_extract(s.statement, '$.Effect') = 'Allow'
)
SELECT
    p.permission_set_arn, -- ARN of the permission set
    'AWS managed policy ' || w.name AS reason -- why it is privileged, one row a reason
    -- during: , p.valid_from, p.valid_to
FROM permission_set_policies AS p
JOIN powerful AS w ON p.policy LIKE '%:policy/' || w.name
WHERE p.kind = 'aws_managed'
UNION
SELECT a.permission_set_arn, 'inline policy allows ' || a.action
    -- during: , a.valid_from, a.valid_to
FROM allowed AS a
WHERE a.action IN ('*', '*:*', 'iam:*', 'sso:*', 'sso-directory:*', 'organizations:*')
UNION
-- Assuming any role is being any role that trusts the account.
SELECT a.permission_set_arn, 'inline policy allows ' || a.action || ' on *'
    -- during: , a.valid_from, a.valid_to
FROM allowed AS a,
     json_each(CASE json_type(a.statement, '$.Resource')
                   WHEN 'array' THEN json_extract(a.statement, '$.Resource')
                   WHEN 'text' THEN json_array(json_extract(a.statement, '$.Resource'))
                   ELSE '[]' END) AS r
WHERE a.action IN ('sts:*', 'sts:assume*', 'sts:assumerole', 'sts:assumerole*') AND r.value = '*'
UNION
-- An Allow with NotAction gives whatever it does not name.
SELECT s.permission_set_arn, 'inline policy allows everything but what its NotAction names'
    -- during: , s.valid_from, s.valid_to
FROM statements AS s
WHERE json_extract(s.statement, '$.Effect') = 'Allow' AND json_type(s.statement, '$.NotAction') IS NOT NULL
