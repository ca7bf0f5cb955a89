//! The resources that a statement reads, and the rows of each that it selects by `=`.
//!
//! SQLite itself provides this: EXPLAIN shows the program that a statement is compiled to, after views are flattened
//! and unnecessary joins are removed. So a view over six tables of which the statement needs two is judged by the two.
//! A condition counts wherever it is written, provided that it selects the rows. Parts of a program that this module
//! does not recognise count as reading everything.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::living::asks_for_the_living;
use super::named::Named;
use super::program::Program;
use super::values::Bound;
use crate::error::{Error, Result};
use crate::model::{DERIVED_VIEWS, DerivedView, LimitConcerns, RESOURCES, resource as resource_named};
use crate::store::Tells;

/// The rows of a resource that a statement asks for at one place, as columns with the values that they equal. An empty
/// map asks for everything.
pub type Asked = BTreeMap<String, BTreeSet<String>>;

/// The resources that a statement reads.
pub type Reads = BTreeMap<&'static str, Read>;

/// The rows of a resource that a statement reads.
#[derive(Debug, Default)]
pub struct Read {
    /// The rows requested at each place of the statement; empty if it asks for no row that the resource's limit hides.
    pub asked: Vec<Asked>,
    /// The snapshots covered by the views through which it is read.
    pub tells: BTreeSet<Tells>,
    /// The only snapshots requested, for views that cover several; `None` for all that they cover.
    pub snapshots: Option<BTreeSet<i64>>,
}

/// The resources stored in each b-tree of the database, with the columns that it is sorted by.
#[derive(Debug)]
pub struct ResourcePages {
    pages: Pages,
    /// The b-tree of the table of all snapshots.
    snapshots: i64,
}

type Pages = BTreeMap<i64, (Vec<&'static str>, Vec<String>)>;

impl ResourcePages {
    /// Reads the b-trees from the schema.
    pub fn read(connection: &Connection) -> Result<Self> {
        let read = || -> rusqlite::Result<Self> {
            let (mut pages, mut snapshots) = (BTreeMap::new(), 0);
            let mut statement = connection.prepare(
                "SELECT m.rootpage, m.tbl_name, m.name = 'snapshots', (SELECT json_group_array(i.name) FROM pragma_index_info(m.name) AS i)
                 FROM (SELECT rootpage, tbl_name, name FROM main.sqlite_schema
                       UNION ALL SELECT -rootpage, tbl_name, name FROM temp.sqlite_schema) AS m
                 WHERE m.rootpage <> 0",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (table, columns): (String, String) = (row.get(1)?, row.get(3)?);
                if row.get(2)? {
                    snapshots = row.get(0)?;
                }
                let resource = table.strip_suffix("_versions").unwrap_or_default();
                if let Some(spec) = RESOURCES.iter().find(|spec| spec.name == resource) {
                    // An expression in an index has no name, and the columns after it are ignored.
                    let columns: Vec<Option<String>> = serde_json::from_str(&columns).unwrap_or_default();
                    let columns = columns.into_iter().map_while(|name| name).collect();
                    pages.insert(row.get(0)?, (vec![spec.name], columns));
                } else if let Some(view) = kept_view(&table) {
                    // The stored rows were computed from all rows of these resources.
                    let resources = view.resources().iter().map(|spec| spec.name).collect();
                    pages.insert(row.get(0)?, (resources, Vec::new()));
                }
            }
            Ok(Self { pages, snapshots })
        };
        read().map_err(|error| Error::failed("cannot read the schema").caused_by(error))
    }

    /// Returns the resources that a statement reads, with its parameters bound to these values in order. A statement
    /// that cannot be explained, such as an EXPLAIN, reads nothing.
    pub fn read_by(&self, program: &Program, bound: &[Bound]) -> Reads {
        let bound: Vec<Value> = bound.iter().map(|one| one.value.clone()).collect();
        let mut reads = Reads::new();
        for (cursor, page) in program.cursors() {
            let Some((resources, columns)) = self.pages.get(&page) else { continue };
            // The table's rows are read one by one from the entries of its index.
            let seeker = program
                .sought_through(cursor)
                .and_then(|index| Some((index, &self.pages.get(&program.page(index)?)?.1)));
            let (cursor, columns) = seeker.unwrap_or((cursor, columns));
            let asked = program.equal(cursor, &bound).into_iter().enumerate();
            let asked = asked.filter_map(|(place, values)| Some((columns.get(place)?.clone(), values?)));
            let mut asked: Asked = asked.collect();
            for (column, values) in program.filters(cursor, &bound) {
                asked.entry(column).or_insert(values);
            }
            for resource in resources {
                reads.entry(resource).or_default().asked.push(asked.clone());
            }
        }
        let named = &program.named;
        for (resource, read) in &mut reads {
            let limit = resource_named(resource).map(|spec| spec.limit);
            if limit == Some(LimitConcerns::Deleted) && asks_for_the_living(named, resource) {
                read.asked.clear();
            }
            read.tells = named.tell_of(resource);
            read.snapshots = self.snapshots_of(named, program, &bound);
        }
        reads
    }

    /// Returns the snapshots that a statement asks for by `=` or IN in the only view that it reads.
    fn snapshots_of(&self, named: &Named, program: &Program, bound: &[Value]) -> Option<BTreeSet<i64>> {
        let mut cursors = program.cursors().filter(|(_, page)| *page == self.snapshots);
        match (named.is_one_by_snapshot(), cursors.next(), cursors.next()) {
            (true, Some((cursor, _)), None) => program.rowids(cursor, bound),
            _ => None,
        }
    }
}

/// Returns the view whose rows the table stores.
fn kept_view(table: &str) -> Option<&'static DerivedView> {
    let name = table.strip_suffix("_steps").or_else(|| table.strip_suffix("_kept"))?;
    DERIVED_VIEWS.iter().find(|view| view.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Census;

    /// Returns the rows of access reports and accounts that the statement asks for; `:p` is `p`.
    fn reads(sql: &str) -> Reads {
        let census = Census::blank().unwrap();
        let pages = ResourcePages::read(census.connection()).unwrap();
        let value = Value::Text("p".to_owned());
        let bound = [Bound { name: "p".to_owned(), typed: "p".to_owned(), value, echo: None }];
        pages.read_by(&Program::of(census.connection(), sql), &bound)
    }

    /// Returns the access reports that the statement asks for at each place: `entity_id=a|b policy_id=`.
    fn asked(condition: &str) -> Vec<String> {
        let reads = reads(&format!("SELECT count(*) FROM service_last_accessed AS s {condition}"));
        let words = |asked: &Asked| {
            let one = |(column, values): (&String, &BTreeSet<String>)| {
                format!("{column}={}", values.iter().map(String::as_str).collect::<Vec<_>>().join("|"))
            };
            asked.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        let mut found: Vec<_> = reads["service_last_accessed"].asked.iter().map(words).collect();
        found.dedup();
        found
    }

    #[test]
    fn what_is_asked_for_by_equality_is_known() {
        for (condition, expected) in [
            ("WHERE entity_id = 'a'", "entity_id=a"),
            ("WHERE entity_id = :p", "entity_id=p"),
            ("WHERE 'a' = entity_id AND last_authenticated_at IS NULL", "entity_id=a"),
            ("WHERE entity_id = 'a' AND policy_id = ''", "entity_id=a policy_id="),
            ("WHERE entity_id IN ('a', :p)", "entity_id=a|p"),
            ("WHERE entity_id = 'a' OR entity_id = 'b'", "entity_id=a|b"),
            ("WHERE entity_id = 111", "entity_id=111"),
            ("WHERE entity_id = 'a' AND policy_id > 'b'", "entity_id=a"),
            ("WHERE entity_id = 'a' AND policy_id BETWEEN 'b' AND 'c'", "entity_id=a"),
            ("WHERE entity_id = 'a' ORDER BY service_namespace DESC", "entity_id=a"),
            ("JOIN accounts AS a ON a.account_id = s.entity_id WHERE a.account_id = 'a'", "entity_id=a"),
            ("WHERE entity_id = 'a' AND entity_id = 'b'", "entity_id=a"),
            // The condition counts whether or not it finds the rows.
            ("WHERE policy_id = 'b'", "policy_id=b"),
            ("WHERE :p = policy_id AND service_name > 'c'", "policy_id=p"),
            (
                "WHERE service_name <> 'c' AND policy_id = 'b' AND service_namespace = 's3'",
                "policy_id=b service_namespace=s3",
            ),
            ("WHERE (service_name = 'c' OR entity_path = 'd') AND policy_id = 'b'", "policy_id=b"),
            ("WHERE policy_id = 'b' ORDER BY last_authenticated_at LIMIT 3", "policy_id=b"),
            ("WHERE entity_id = 'a' AND service_name = 'c'", "entity_id=a service_name=c"),
            ("JOIN accounts AS a ON a.account_id = s.entity_id WHERE s.policy_id = 'b'", "policy_id=b"),
        ] {
            assert_eq!(asked(condition), [expected], "{condition}");
        }
    }

    #[test]
    fn what_is_asked_for_otherwise_is_everything() {
        for condition in [
            "",
            "WHERE entity_id > 'a'",
            "WHERE entity_id BETWEEN 'a' AND 'b'",
            "WHERE entity_id >= 'a' AND entity_id <= 'a'",
            "WHERE entity_id LIKE 'a%'",
            "WHERE entity_id <> 'a'",
            "WHERE entity_id = 'a' COLLATE NOCASE",
            "WHERE entity_id = 'a' OR service_name = 'b'",
            "WHERE NOT entity_id = 'a'",
            "WHERE lower(entity_id) = 'a'",
            "WHERE policy_id = 'b' OR service_name = 'c'",
            "WHERE service_name = 'c' OR policy_id = 'b'",
            "WHERE (policy_id = 'b' AND service_name = 'c') OR service_name = 'd'",
            "WHERE policy_id = 'b' COLLATE NOCASE",
            "WHERE policy_id <> 'b'",
            "WHERE NOT (policy_id = 'b' AND service_name = 'c')",
            "WHERE CASE WHEN service_name = 'c' THEN 1 ELSE policy_id = 'b' END",
            "WHERE total_authenticated_entities = 1",
            "WHERE entity_id = (SELECT max(account_id) FROM accounts)",
            "WHERE entity_id IN (SELECT account_id FROM accounts)",
            "JOIN accounts AS a ON a.account_id = s.entity_id WHERE a.name = 'a'",
            "JOIN service_last_accessed AS t ON t.service_namespace = s.service_namespace WHERE s.entity_id <> 'a'",
        ] {
            assert!(asked(condition).contains(&String::new()), "{condition}: {:?}", asked(condition));
        }
    }

    #[test]
    fn each_place_asks_for_itself() {
        let both = "WHERE entity_id = 'a' UNION ALL SELECT count(*) FROM service_last_accessed WHERE entity_id = 'b'";
        assert_eq!(asked(both), ["entity_id=a", "entity_id=b"]);
        let all = "WHERE entity_id = 'a' AND EXISTS (SELECT 1 FROM service_last_accessed WHERE entity_id <> s.entity_id)";
        assert!(asked(all).contains(&String::new()));
        let a_part = "WHERE entity_id = 'a' AND (SELECT count(*) FROM service_last_accessed) > 1";
        assert!(asked(a_part).contains(&String::new()));
    }

    #[test]
    fn a_statement_reads_what_its_views_need() {
        let of = |sql: &str| reads(sql).into_keys().collect::<Vec<_>>();
        assert_eq!(of("SELECT count(*) FROM roots JOIN accounts"), ["accounts", "roots"]);
        let in_tree = of("SELECT max(depth) FROM organization_tree");
        assert!(in_tree.contains(&"organizational_units") && !in_tree.contains(&"users"), "{in_tree:?}");
        assert_eq!(of("SELECT 1"), [""; 0]);
        // The stored rows of changes were computed from these resources.
        let behind = of("SELECT change, sum(users) FROM access_changes GROUP BY 1");
        for resource in
            ["users", "groups", "group_memberships", "account_assignments", "permission_set_policies"]
        {
            assert!(behind.contains(&resource), "{behind:?}");
        }
        assert_eq!(of("SELECT count(*) FROM access_change_causes").len(), 7);
        assert_eq!(of("EXPLAIN SELECT * FROM users"), [""; 0]);
    }
}
