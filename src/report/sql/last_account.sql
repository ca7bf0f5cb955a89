SELECT name, NULL FROM accounts_history WHERE account_id = ?1 ORDER BY valid_from DESC LIMIT 1
