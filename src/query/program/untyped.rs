//! Parameters that a statement compares with a value without a type.
//!
//! SQLite converts a bound text to the type of the column that it is compared with. It converts nothing beside an
//! expression, such as `count(*)` or a column that a view computes: a text equals no number and is greater than all of
//! them. The compiled program shows such comparisons, through views and subqueries.

use std::collections::{BTreeMap, BTreeSet};

use super::Program;
use super::instruction::Instruction;
use super::keys::SEEKS;

impl Program {
    /// Returns the numbers, from 1, of the parameters that are compared with an untyped value.
    pub fn compared_untyped(&self) -> BTreeSet<usize> {
        let (holders, typed) = (self.holders(), self.typed());
        let met = self.instructions.iter().flat_map(|step| step.compared_as_is(&typed));
        met.filter_map(|register| holders.get(&register).copied()).collect()
    }

    /// Returns the texts of the statement that are a condition by themselves.
    pub fn texts_as_conditions(&self) -> Vec<&str> {
        let texts = self.texts();
        let conditions =
            self.instructions.iter().filter(|step| matches!(step.name(), "If" | "IfNot" | "Not"));
        conditions.filter_map(|step| texts.get(&step.p1).copied()).collect()
    }

    /// Returns the texts of the statement by the register that holds each. SQLite loads constants into separate
    /// registers first, in the steps that the first instruction jumps to. Other registers are used for several values
    /// in turn, among them those with the parts of a constant expression such as `'/' || :ou`.
    fn texts(&self) -> BTreeMap<i64, &str> {
        let before = self
            .instructions
            .first()
            .map_or(usize::MAX, |init| usize::try_from(init.p2).unwrap_or(usize::MAX));
        let constant = self.instructions.iter().skip(before).filter(|step| step.name() == "String8");
        let constant = constant.filter(|step| self.writing(step.p2).count() == 1);
        constant.map(|step| (step.p2, step.p4.as_str())).collect()
    }

    fn typed(&self) -> BTreeSet<i64> {
        self.instructions.iter().flat_map(Instruction::converted).collect()
    }

    /// Returns the registers that hold parameters, including copies.
    fn holders(&self) -> BTreeMap<i64, usize> {
        let variable = |step: &Instruction| Some((step.p2, usize::try_from(step.p1).ok()?));
        let variables = self.instructions.iter().filter(|step| step.name() == "Variable");
        let mut holders: BTreeMap<i64, usize> = variables.filter_map(variable).collect();
        for step in self.instructions.iter().filter(|step| matches!(step.name(), "Copy" | "SCopy")) {
            if let Some(parameter) = holders.get(&step.p1).copied() {
                holders.entry(step.p2).or_insert(parameter);
            }
        }
        holders
    }
}

/// The bits of a comparison's p5 that hold its affinity, and the last of their values that converts nothing.
/// Source: `SQLITE_AFF_MASK`, `SQLITE_AFF_BLOB` in sqliteInt.h.
const AFFINITY: i64 = 0x47;
const AS_IT_IS: i64 = 0x41;

/// The first of their values that converts to numbers.
const NUMERIC: i64 = 0x43;

/// The functions that compare their arguments without conversion, and a number of arguments that no call exceeds.
const COMPARING: [&str; 3] = ["max(", "min(", "nullif("];
const ARGUMENTS: i64 = 8;

impl Instruction {
    /// Returns the registers whose values are compared without a conversion.
    fn compared_as_is(&self, typed: &BTreeSet<i64>) -> Vec<i64> {
        match self.name() {
            _ if self.is_comparison() && self.compares_as_is() => vec![self.p1, self.p3],
            // The key of an index that SQLite builds over a subquery's rows.
            opcode if SEEKS.contains(&opcode) => {
                let fields: i64 = self.p4.parse().unwrap_or_default();
                (self.p3..self.p3 + fields).filter(|register| !typed.contains(register)).collect()
            }
            // A member of a list after IN.
            "MakeRecord" if self.p4 == "A" => vec![self.p1],
            // The greatest or least of several values; the instruction does not show their number.
            "Function" if COMPARING.iter().any(|name| self.p4.starts_with(name)) => {
                (self.p2..self.p2 + ARGUMENTS).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Returns true if it compares two registers.
    pub fn is_comparison(&self) -> bool {
        self.opcode.compares
    }

    /// Returns true if a comparison converts nothing.
    pub fn compares_as_is(&self) -> bool {
        self.p5 & AFFINITY <= AS_IT_IS
    }

    /// Returns true if a comparison converts texts that are numbers to numbers.
    pub fn compares_as_numbers(&self) -> bool {
        self.p5 & AFFINITY >= NUMERIC
    }

    /// Returns the number that it loads into a register.
    pub fn number(&self) -> String {
        if self.name() == "Integer" { self.p1.to_string() } else { self.p4.clone() }
    }

    /// Returns the registers that are converted to a column's type.
    fn converted(&self) -> impl Iterator<Item = i64> {
        let affinities = if self.name() == "Affinity" { &*self.p4 } else { "" };
        (self.p1..)
            .zip(affinities.chars())
            .filter(|(_, affinity)| *affinity > 'A')
            .map(|(register, _)| register)
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::*;

    fn is_met(condition: &str) -> bool {
        let connection = Connection::open_in_memory().unwrap();
        let tables = "CREATE TABLE t (id TEXT PRIMARY KEY, n INTEGER, r REAL) WITHOUT ROWID;
            CREATE VIEW v AS SELECT id, n, n + 1 AS next, count(*) AS many FROM t GROUP BY id;";
        connection.execute_batch(tables).unwrap();
        let sql = format!("SELECT * FROM {condition}");
        assert!(connection.prepare(&sql).is_ok(), "{sql}");
        Program::of(&connection, &sql).compared_untyped().contains(&1)
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
