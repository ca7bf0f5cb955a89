//! What is asked: the canned queries, what people type about access, and whole tables.

use std::time::Duration;

use orgcensus::model::Entity;
use orgcensus::query::{ParameterType, catalog};
use orgcensus::store::Census;

use crate::support::measure::Stopwatch;

/// A statement with the values of its parameters, by place (`:user`).
pub struct Question {
    pub name: String,
    pub sql: String,
    pub values: Vec<(String, String)>,
}

/// Whom and what the questions are about: neither the largest nor the smallest of their kind.
pub struct Picks {
    account: String,
    account_name: String,
    email: String,
    user: String,
    user_name: String,
    group: String,
    group_name: String,
    permission_set: String,
}

impl Picks {
    /// Picks from the latest snapshot.
    pub fn of(census: &Census) -> Self {
        let text = |sql: &str| -> String {
            census.connection().query_row(sql, [], |row| row.get(0)).expect("the census has one")
        };
        let middle = |column: &str, table: &str| {
            text(&format!(
                "SELECT {column} FROM {table} GROUP BY 1 ORDER BY count(*) LIMIT 1
                 OFFSET (SELECT count(DISTINCT {column}) / 2 FROM {table})"
            ))
        };
        let account = middle("account_id", "account_assignments");
        let user = middle("user_id", "group_memberships");
        let group = middle("group_id", "group_memberships");
        Self {
            account_name: text(&format!("SELECT name FROM accounts WHERE account_id = '{account}'")),
            email: text(&format!("SELECT email FROM accounts WHERE account_id = '{account}'")),
            user_name: text(&format!("SELECT user_name FROM users WHERE user_id = '{user}'")),
            group_name: text(&format!("SELECT display_name FROM groups WHERE group_id = '{group}'")),
            permission_set: middle("permission_set_arn", "account_assignments"),
            account,
            user,
            group,
        }
    }
}

/// Every canned query, about the picks.
pub fn canned(picks: &Picks) -> Vec<Question> {
    let value = |kind| match kind {
        ParameterType::Entity(Entity::User) => picks.user.clone(),
        ParameterType::Entity(Entity::Account) => picks.account.clone(),
        ParameterType::Entity(Entity::Group) => picks.group.clone(),
        ParameterType::Entity(Entity::PermissionSet) => picks.permission_set.clone(),
        _ => String::new(),
    };
    let question = |query: &orgcensus::query::CannedQuery| Question {
        name: query.name.to_owned(),
        sql: query.sql.to_owned(),
        values: query
            .header
            .parameters
            .iter()
            .map(|parameter| (format!(":{}", parameter.name), value(parameter.kind)))
            .collect(),
    };
    catalog().iter().map(question).collect()
}

/// What people type about access.
pub fn ad_hoc(picks: &Picks) -> Vec<Question> {
    [
        "SELECT * FROM effective_access WHERE account_id = :account",
        "SELECT * FROM effective_access WHERE account_name = :account_name",
        "SELECT * FROM effective_access WHERE user_id = :user",
        "SELECT * FROM effective_access WHERE user_name = :user_name",
        "SELECT * FROM effective_access WHERE group_name = :group_name",
        "SELECT * FROM effective_access WHERE account_name IN (:account_name, 'none')",
        "SELECT * FROM effective_access WHERE user_name LIKE '%' || :user_name || '%'",
        "SELECT * FROM effective_access WHERE lower(user_name) = :user_name",
        "SELECT * FROM effective_access WHERE lower(account_name) = :account_name",
        "SELECT * FROM effective_access WHERE account_state <> 'ACTIVE'",
        "SELECT * FROM effective_access WHERE permission_set_arn LIKE '%/ps-0000%'",
        "SELECT * FROM effective_access WHERE account_name LIKE '%' || :account_name || '%'",
        "SELECT * FROM effective_access WHERE user_id IN (SELECT user_id FROM users WHERE user_name = :user_name)",
        "SELECT e.*, c.email FROM effective_access AS e JOIN accounts AS c USING (account_id) WHERE c.name = :account_name",
        "SELECT e.*, c.email FROM accounts AS c JOIN effective_access AS e USING (account_id) WHERE c.name LIKE :account_name",
        "SELECT e.*, u.title FROM effective_access AS e JOIN users AS u USING (user_id) WHERE u.user_name = :user_name",
        "SELECT e.*, c.arn FROM accounts AS c JOIN effective_access AS e USING (account_id) WHERE c.email = :email",
        "SELECT e.*, c.arn FROM accounts AS c JOIN effective_access AS e USING (account_id) WHERE lower(c.email) = :email",
        "SELECT u.user_name FROM users AS u WHERE NOT EXISTS (SELECT 1 FROM effective_access AS e WHERE e.user_id = u.user_id)",
        "SELECT u.title, count(*) FROM effective_access AS e JOIN users AS u USING (user_id) WHERE u.user_name = :user_name GROUP BY 1",
        "SELECT count(*) FROM effective_access WHERE account_name = :account_name",
        "SELECT count(*) FROM effective_access WHERE user_name = :user_name",
        "SELECT DISTINCT user_name FROM effective_access WHERE account_id = :account",
        "SELECT c.name, count(DISTINCT e.user_id) FROM effective_access AS e JOIN accounts AS c USING (account_id) WHERE c.name = :account_name GROUP BY 1",
        "SELECT * FROM effective_access_history WHERE account_id = :account",
        "SELECT * FROM effective_access_history WHERE user_name = :user_name",
        "SELECT * FROM effective_access_unknown",
        "SELECT * FROM organization_tree",
        "SELECT * FROM privileged_permission_sets",
        "SELECT * FROM stale_rows",
    ]
    .iter()
    .map(|sql| {
        // As people type them, with the values in the text: longer places first, they begin alike.
        let places = [
            (":account_name", &picks.account_name),
            (":account", &picks.account),
            (":email", &picks.email),
            (":user_name", &picks.user_name),
            (":user", &picks.user),
            (":group_name", &picks.group_name),
        ];
        let put = |sql: String, (place, value): &(&str, &String)| {
            sql.replace(place, &format!("'{}'", value.replace('\'', "''")))
        };
        let typed = places.iter().fold((*sql).to_owned(), put);
        Question { name: (*sql).to_owned(), sql: typed, values: Vec::new() }
    })
    .collect()
}

/// Whole tables, and as many ways as say how fast the rest would come.
pub fn scans() -> Vec<Question> {
    [
        "SELECT * FROM users",
        "SELECT * FROM group_memberships",
        "SELECT * FROM account_assignments",
        "SELECT count(*) FROM account_assignments",
        "SELECT * FROM effective_access LIMIT 200000",
    ]
    .map(|sql| Question { name: sql.to_owned(), sql: sql.to_owned(), values: Vec::new() })
    .into()
}

impl Question {
    /// Reads the whole answer; returns its rows.
    pub fn ask(&self, census: &Census) -> usize {
        self.read(census).0
    }

    /// Reads the whole answer; returns its rows, and how long the first one kept the processor.
    pub fn read(&self, census: &Census) -> (usize, Duration) {
        let watch = Stopwatch::start();
        let mut statement = census.connection().prepare(&self.sql).expect("the question is SQL");
        for (place, value) in &self.values {
            let index = statement.parameter_index(place).ok().flatten().expect("the parameter is its own");
            statement.raw_bind_parameter(index, value).expect("a text is bound");
        }
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let (mut count, mut first) = (0, Duration::ZERO);
        while let Some(row) = rows.next().expect("the answer is read") {
            for column in 0..columns {
                std::hint::black_box(row.get_ref(column).expect("the column is there"));
            }
            count += 1;
            if count == 1 {
                first = watch.read();
            }
        }
        (count, first)
    }
}
