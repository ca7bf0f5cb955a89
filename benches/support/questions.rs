//! The questions: the canned queries, typical questions about access, and whole tables.

use std::time::Duration;

use orgcensus::model::Entity;
use orgcensus::query::{CannedQuery, Parameter, ParameterType, catalog};
use orgcensus::store::Census;
use rusqlite::types::Value;

use crate::support::measure::Stopwatch;

/// A statement with the values of its parameters, by name (`:user`).
pub struct Question {
    pub name: String,
    pub sql: String,
    pub values: Vec<(String, Value)>,
}

/// The subjects of the questions: neither the largest nor the smallest of their kind.
pub struct Picks {
    pub account: String,
    pub account_name: String,
    pub email: String,
    pub user: String,
    pub user_name: String,
    pub group: String,
    pub group_name: String,
    pub permission_set: String,
    pub application: String,
    pub permission_set_name: String,
    pub policy: String,
    pub ou: String,
    pub other_ou: String,
    pub tag: [String; 3],
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
        let permission_set = middle("permission_set_arn", "account_assignments");
        // The largest OUs and the most common values.
        let ous = |place: usize| {
            text(&format!(
                "SELECT parent_id FROM accounts GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET {place}"
            ))
        };
        let tags = |place: usize| {
            text(&format!(
                "SELECT coalesce((SELECT value FROM tags WHERE resource_type = 'account' AND lower(key) = 'environment'
                     GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1 OFFSET {place}), '')"
            ))
        };
        Self {
            account_name: text(&format!("SELECT name FROM accounts WHERE account_id = '{account}'")),
            email: text(&format!("SELECT email FROM accounts WHERE account_id = '{account}'")),
            user_name: text(&format!("SELECT user_name FROM users WHERE user_id = '{user}'")),
            group_name: text(&format!("SELECT display_name FROM groups WHERE group_id = '{group}'")),
            permission_set_name: text(&format!(
                "SELECT name FROM permission_sets WHERE permission_set_arn = '{permission_set}'"
            )),
            permission_set,
            application: middle("application_arn", "application_assignments"),
            policy: text(
                "SELECT policy FROM permission_set_policies WHERE kind = 'aws_managed' ORDER BY 1 LIMIT 1",
            ),
            ou: ous(0),
            other_ou: ous(1),
            tag: ["environment".to_owned(), tags(0), tags(1)],
            account,
            user,
            group,
        }
    }
}

/// Returns every canned query, about the picks.
pub fn canned(picks: &Picks) -> Vec<Question> {
    let question = |query: &CannedQuery| Question {
        name: query.name.clone(),
        sql: query.sql.clone(),
        values: picks.values(&query.header.parameters),
    };
    catalog().iter().map(question).collect()
}

impl Picks {
    /// Returns the values of these parameters, about the picks.
    pub fn values<'p>(&self, parameters: impl IntoIterator<Item = &'p Parameter>) -> Vec<(String, Value)> {
        let value = |parameter: &Parameter| (format!(":{}", parameter.name), self.value(parameter));
        parameters.into_iter().map(value).collect()
    }

    fn value(&self, parameter: &Parameter) -> Value {
        let is_other = parameter.name == "other";
        let text = match (parameter.kind, parameter.name.as_str()) {
            (ParameterType::Entity(Entity::User), _) => &self.user,
            (ParameterType::Entity(Entity::Account) | ParameterType::Place, _) => &self.account,
            (ParameterType::Entity(Entity::Group), _) => &self.group,
            (ParameterType::Entity(Entity::PermissionSet), _) => &self.permission_set,
            (ParameterType::Entity(Entity::Ou | Entity::Root), _) if is_other => &self.other_ou,
            (ParameterType::Entity(Entity::Ou | Entity::Root), _) => &self.ou,
            (ParameterType::Entity(Entity::Application), _) => &self.application,
            (ParameterType::Entity(Entity::Policy), _) => return Value::Text("p-FullAWSAccess".to_owned()),
            (ParameterType::Number, _) => {
                let number = parameter.default.as_ref().and_then(|text| text.parse().ok());
                return Value::Real(number.unwrap_or(4.0));
            }
            (ParameterType::Level, _) => return Value::Text("administrator".to_owned()),
            (ParameterType::Date, _) => return Value::Text("2000-01-01T00:00:00Z".to_owned()),
            (ParameterType::Text, "only_tag") => {
                return Value::Text(format!("{}={}", self.tag[0], self.tag[1]));
            }
            (ParameterType::Text, "policy") => &self.policy,
            (ParameterType::Text, "list") => &self.user_name,
            (ParameterType::Text, "role_or_account") => &self.account,
            (ParameterType::Text, "key") => &self.tag[0],
            (ParameterType::Text, "value") => &self.tag[1],
            (ParameterType::Text, "other") => &self.tag[2],
            (ParameterType::Text, "role") => {
                let (account, name) = (&self.account, &self.permission_set_name);
                let role = format!("AWSReservedSSO_{name}_0123456789abcdef");
                let session = format!("arn:aws:sts::{account}:assumed-role/{role}/{}", self.user_name);
                return Value::Text(session);
            }
            (ParameterType::Text, _) => return Value::Text(parameter.default.clone().unwrap_or_default()),
        };
        Value::Text(text.clone())
    }
}

/// Returns typical questions about access.
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
        // As people type them, with the values in the text. Longer names come first, because some begin alike.
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

/// Returns whole tables, and enough paths to show the speed of the rest.
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
    /// Reads the whole answer. Returns the number of rows.
    pub fn ask(&self, census: &Census) -> usize {
        self.read(census).0
    }

    /// Reads the whole answer. Returns the number of rows, and the processor time until the first one.
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
