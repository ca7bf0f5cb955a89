-- Names that would run, load, hide or turn around if a page took them for more than text. The checks serve planted.invalid themselves.
UPDATE users_versions SET user_name = '</script><script>document.title="owned"</script>', display_name = '<!-- <img src=http://planted.invalid/name onerror=alert(1)>'
WHERE user_id = (SELECT user_id FROM effective_access WHERE via = 'group' ORDER BY user_id LIMIT 1);
UPDATE users_versions SET user_name = '=HYPERLINK("http://planted.invalid/formula","x")', display_name = 'one and the same'
WHERE user_id = (SELECT DISTINCT user_id FROM effective_access ORDER BY user_id LIMIT 1 OFFSET 1);
UPDATE users_versions SET user_name = 'abc' || char(8238) || 'gpj.exe' || char(8233), display_name = 'one and the same'
WHERE user_id = (SELECT DISTINCT user_id FROM effective_access ORDER BY user_id LIMIT 1 OFFSET 2);
UPDATE users_versions SET user_name = replace(hex(zeroblob(128)), '0', 'x'), display_name = '😀 👩‍💻'
WHERE user_id = (SELECT DISTINCT user_id FROM effective_access ORDER BY user_id LIMIT 1 OFFSET 3);
UPDATE users_versions SET user_name = 'twin' WHERE user_id IN (
    SELECT DISTINCT user_id FROM effective_access ORDER BY user_id LIMIT 2 OFFSET 4);
UPDATE groups_versions SET display_name = '<img src="http://planted.invalid/picture">'
WHERE group_id = (SELECT group_id FROM effective_access WHERE via = 'group' ORDER BY user_id LIMIT 1);
UPDATE accounts_versions SET name = '"><style>body{background:url(http://planted.invalid/style)}</style>'
WHERE account_id = (SELECT account_id FROM effective_access WHERE via = 'group' ORDER BY user_id LIMIT 1);
UPDATE permission_sets_versions SET name = '<svg onload=alert(1)>'
WHERE permission_set_arn = (SELECT permission_set_arn FROM effective_access WHERE via = 'group' ORDER BY user_id LIMIT 1);
