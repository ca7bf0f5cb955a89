//! Parameters that a statement compares with something that has no type.
//!
//! SQLite converts a bound text to the type of the column that it is compared with. Beside an expression, such
//! as `count(*)` or a column that a view computes, it converts nothing: text equals no number and is greater
//! than all of them. The compiled program tells such comparisons apart, through views and subqueries.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

/// The numbers, from 1, of the parameters that meet an untyped value in a comparison. A statement that cannot
/// be explained, such as one that is an EXPLAIN itself, has none.
pub fn compared_untyped(connection: &Connection, sql: &str) -> BTreeSet<usize> {
    let explain = || -> rusqlite::Result<Vec<Step>> {
        let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next()? {
            steps.push(Step {
                opcode: row.get("opcode")?,
                p1: row.get("p1")?,
                p2: row.get("p2")?,
                p3: row.get("p3")?,
                p4: row.get::<_, Option<String>>("p4")?.unwrap_or_default(),
                p5: row.get("p5")?,
            });
        }
        Ok(steps)
    };
    let steps = explain().unwrap_or_default();
    let holders = holders(&steps);
    let typed: BTreeSet<i64> = steps.iter().flat_map(Step::converted).collect();
    let met = steps.iter().flat_map(|step| step.compared_as_is(&typed));
    met.filter_map(|register| holders.get(&register).copied()).collect()
}

/// One instruction of SQLite's virtual machine.
struct Step {
    opcode: String,
    p1: i64,
    p2: i64,
    p3: i64,
    p4: String,
    p5: i64,
}

/// The bits of a comparison's p5 that hold its affinity, and the last value of them that converts nothing.
/// Source: `SQLITE_AFF_MASK`, `SQLITE_AFF_BLOB` in sqliteInt.h.
const AFFINITY: i64 = 0x47;
const AS_IT_IS: i64 = 0x41;

/// The functions that compare their arguments as they are, and as many arguments as anybody gives them.
const COMPARING: [&str; 3] = ["max(", "min(", "nullif("];
const ARGUMENTS: i64 = 8;

impl Step {
    /// The registers whose values are compared without a conversion.
    fn compared_as_is(&self, typed: &BTreeSet<i64>) -> Vec<i64> {
        match self.opcode.as_str() {
            "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" if self.p5 & AFFINITY <= AS_IT_IS => {
                vec![self.p1, self.p3]
            }
            // The key of an index that SQLite made of a subquery's rows.
            "SeekGE" | "SeekGT" | "SeekLE" | "SeekLT" => {
                let fields: i64 = self.p4.parse().unwrap_or_default();
                (self.p3..self.p3 + fields).filter(|register| !typed.contains(register)).collect()
            }
            // A member of a list after IN.
            "MakeRecord" if self.p4 == "A" => vec![self.p1],
            // The greatest or least of some values; how many they are is not told.
            "Function" if COMPARING.iter().any(|name| self.p4.starts_with(name)) => {
                (self.p2..self.p2 + ARGUMENTS).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The registers that are given a column's type.
    fn converted(&self) -> impl Iterator<Item = i64> {
        let affinities = if self.opcode == "Affinity" { self.p4.as_str() } else { "" };
        (self.p1..)
            .zip(affinities.chars())
            .filter(|(_, affinity)| *affinity > 'A')
            .map(|(register, _)| register)
    }
}

/// Which register holds which parameter, copies included.
fn holders(steps: &[Step]) -> BTreeMap<i64, usize> {
    let variable = |step: &Step| Some((step.p2, usize::try_from(step.p1).ok()?));
    let mut holders: BTreeMap<i64, usize> =
        steps.iter().filter(|step| step.opcode == "Variable").filter_map(variable).collect();
    for step in steps.iter().filter(|step| matches!(step.opcode.as_str(), "Copy" | "SCopy")) {
        if let Some(parameter) = holders.get(&step.p1).copied() {
            holders.entry(step.p2).or_insert(parameter);
        }
    }
    holders
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_met(condition: &str) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, r REAL) WITHOUT ROWID;
            CREATE VIEW v AS SELECT id, n, n + 1 AS next, count(*) AS many FROM t GROUP BY id;";
        connection.execute_batch(tables).unwrap();
        let sql = format!("SELECT * FROM {condition}");
        assert!(connection.prepare(&sql).is_ok(), "{sql}");
        compared_untyped(&connection, &sql).contains(&1)
    }

    #[test]
    fn beside_a_column_a_text_takes_the_columns_type() {
        for condition in [
            "t WHERE id = :x",
            "t WHERE id IN (:x, 'a', 'b')",
            "t WHERE n > :x",
            "t WHERE :x <= r",
            "t WHERE n BETWEEN :x AND 9",
            "v WHERE n = :x",
            "v WHERE id = :x",
            "(SELECT n AS m FROM t) AS s WHERE m = :x",
            "t WHERE CAST(id AS INTEGER) = :x",
            "t WHERE n IN (SELECT n FROM t WHERE id = :x)",
            "t LIMIT :x",
            "(SELECT :x AS said)",
        ] {
            assert!(!is_met(condition), "{condition}");
        }
    }

    #[test]
    fn beside_an_expression_it_stays_text() {
        for condition in [
            "v WHERE next > :x",
            "v WHERE many = :x",
            "t WHERE lower(id) = :x",
            "t WHERE n + 0 IN (:x, 1, 2)",
            "t WHERE length(id) BETWEEN :x AND 9",
            "t GROUP BY id HAVING count(*) >= :x",
            "t JOIN v ON v.many = :x",
            "t WHERE CASE :x WHEN 1 THEN 1 END",
            "t WHERE n > max(1, :x)",
            "t WHERE n IS nullif(1, :x)",
            "v WHERE next > coalesce(:x, 1)",
            "(SELECT :x AS least) AS s, v WHERE v.many > least",
        ] {
            assert!(is_met(condition), "{condition}");
        }
    }
}
