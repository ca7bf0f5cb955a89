//! What a statement reads: which resources, and of each only what it asks for by `=`.
//!
//! SQLite itself says so: EXPLAIN shows the program that a statement is compiled to, after views are flattened and
//! joins that cannot matter are left out. So a view over six tables of which the statement needs two is judged by
//! the two, and a condition counts wherever it is written, as long as the rows are found by it. What this module does
//! not recognise in a program counts as reading everything.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;
use rusqlite::types::Value;

use super::living::asks_for_the_living;
use super::values::Bound;
use crate::error::{Error, Result};
use crate::model::{DERIVED_VIEWS, DerivedView, LimitConcerns, RESOURCES, resource as resource_named};

/// What a statement asks for of a resource at one place: columns to the values that they are equal to; no column at
/// all asks for everything.
pub type Asked = BTreeMap<String, BTreeSet<String>>;

/// The resources that a statement reads, with what each place in it asks for: no place at all where it asks for no row
/// of what the resource's limit hides.
pub type Reads = BTreeMap<&'static str, Vec<Asked>>;

/// Which resources each b-tree of the database tells of, with the columns that it is sorted by.
#[derive(Debug)]
pub struct ResourcePages(Pages);

type Pages = BTreeMap<i64, (Vec<&'static str>, Vec<String>)>;

impl ResourcePages {
    /// Reads them from the schema.
    pub fn read(connection: &Connection) -> Result<Self> {
        let read = || -> rusqlite::Result<Pages> {
            let mut pages = BTreeMap::new();
            let mut statement = connection.prepare(
                "SELECT m.rootpage, m.tbl_name, (SELECT json_group_array(i.name) FROM pragma_index_info(m.name) AS i)
                 FROM main.sqlite_schema AS m WHERE m.rootpage > 0",
            )?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let (table, columns): (String, String) = (row.get(1)?, row.get(2)?);
                let resource = table.strip_suffix("_versions").unwrap_or_default();
                if let Some(spec) = RESOURCES.iter().find(|spec| spec.name == resource) {
                    // An expression in an index has no name: what comes after it is not looked at.
                    let columns: Vec<Option<String>> = serde_json::from_str(&columns).unwrap_or_default();
                    let columns = columns.into_iter().map_while(|name| name).collect();
                    pages.insert(row.get(0)?, (vec![spec.name], columns));
                } else if let Some(view) = kept_view(&table) {
                    // Whatever is asked of it was computed from all of their rows.
                    let resources = view.resources().iter().map(|spec| spec.name).collect();
                    pages.insert(row.get(0)?, (resources, Vec::new()));
                }
            }
            Ok(pages)
        };
        read().map(Self).map_err(|error| Error::failed("cannot read the schema").caused_by(error))
    }

    /// Returns what a statement reads, its parameters being bound to these values in their order. A statement that
    /// cannot be explained, such as one that is an EXPLAIN itself, reads nothing.
    pub fn read_by(&self, connection: &Connection, sql: &str, bound: &[Bound]) -> Reads {
        let program = Program::of(connection, sql).unwrap_or_default();
        let mut reads = Reads::new();
        for (cursor, page) in program.cursors() {
            let Some((resources, columns)) = self.0.get(&page) else { continue };
            // The table is read row by row from what its index finds.
            let seeker = program.sought_through(cursor).and_then(|index| {
                let page = program.cursors().find(|(other, _)| *other == index)?.1;
                Some((index, &self.0.get(&page)?.1))
            });
            let (cursor, columns) = seeker.unwrap_or((cursor, columns));
            let asked = program.equal(cursor, bound).into_iter().enumerate();
            let asked = asked.filter_map(|(place, values)| Some((columns.get(place)?.clone(), values?)));
            let asked: Asked = asked.collect();
            for resource in resources {
                reads.entry(resource).or_default().push(asked.clone());
            }
        }
        for (resource, asked) in &mut reads {
            let limit = resource_named(resource).map(|spec| spec.limit);
            if limit == Some(LimitConcerns::Deleted) && asks_for_the_living(self, connection, sql, resource) {
                asked.clear();
            }
        }
        reads
    }

    /// Returns the resources that a statement without parameters reads.
    pub(super) fn resources_of(&self, connection: &Connection, sql: &str) -> BTreeSet<&'static str> {
        let program = Program::of(connection, sql).unwrap_or_default();
        program
            .cursors()
            .filter_map(|(_, page)| self.0.get(&page))
            .flat_map(|(resources, _)| resources)
            .copied()
            .collect()
    }
}

/// The view whose rows the table keeps.
fn kept_view(table: &str) -> Option<&'static DerivedView> {
    let name = table.strip_suffix("_steps")?;
    DERIVED_VIEWS.iter().find(|view| view.name == name)
}

/// One instruction of a compiled statement.
#[derive(Debug)]
struct Instruction {
    opcode: String,
    p1: i64,
    p2: i64,
    p3: i64,
    p4: Option<String>,
}

/// A compiled statement.
#[derive(Debug, Default)]
struct Program(Vec<Instruction>);

/// Instructions that place a cursor at the first entry with a key, which begins in the register `p3` and has `p4` parts.
const SEEKS: [&str; 4] = ["SeekGE", "SeekGT", "SeekLE", "SeekLT"];
/// Instructions that end a walk where the key is no longer the one in the registers from `p3` on, of `p4` parts.
const ENDS: [&str; 4] = ["IdxGT", "IdxGE", "IdxLT", "IdxLE"];
/// Other instructions that use a cursor, but do not move it elsewhere.
const FOLLOWS: &[&str] = &[
    "OpenRead",
    "ReopenIdx",
    "DeferredSeek",
    "FinishSeek",
    "Column",
    "Rowid",
    "IdxRowid",
    "Next",
    "Prev",
    "NullRow",
    "IfNullRow",
    "Close",
    "SeekHit",
    "RowSetTest",
    "RowSetAdd",
    "Offset",
    "CursorHint",
];
/// Instructions whose `p1` is no cursor that they read from.
const WITHOUT_CURSOR: &[&str] = &[
    "Init",
    "Goto",
    "Gosub",
    "Return",
    "InitCoroutine",
    "Yield",
    "EndCoroutine",
    "BeginSubrtn",
    "Halt",
    "HaltIfNull",
    "Integer",
    "Int64",
    "Real",
    "String",
    "String8",
    "Null",
    "SoftNull",
    "Blob",
    "Variable",
    "Move",
    "Copy",
    "SCopy",
    "IntCopy",
    "ResultRow",
    "Concat",
    "Add",
    "Subtract",
    "Multiply",
    "Divide",
    "Remainder",
    "CollSeq",
    "BitAnd",
    "BitOr",
    "ShiftLeft",
    "ShiftRight",
    "AddImm",
    "MustBeInt",
    "RealAffinity",
    "Cast",
    "Eq",
    "Ne",
    "Lt",
    "Le",
    "Gt",
    "Ge",
    "ElseEq",
    "Permutation",
    "Compare",
    "Jump",
    "And",
    "Or",
    "Not",
    "BitNot",
    "Once",
    "If",
    "IfNot",
    "IsNull",
    "NotNull",
    "ZeroOrNull",
    "MakeRecord",
    "Affinity",
    "IfPos",
    "OffsetLimit",
    "IfNotZero",
    "DecrJumpZero",
    "AggStep",
    "AggStep1",
    "AggInverse",
    "AggValue",
    "AggFinal",
    "Transaction",
    "Function",
    "PureFunc",
    "Noop",
    "Explain",
    "Trace",
    "Abortable",
    "ReleaseReg",
    "FilterAdd",
    "IsTrue",
    "Filter",
];

impl Program {
    fn of(connection: &Connection, sql: &str) -> rusqlite::Result<Self> {
        let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
        // Parameters stay unbound: the program is the same for every value.
        let mut rows = statement.raw_query();
        let mut instructions = Vec::new();
        while let Some(row) = rows.next()? {
            instructions.push(Instruction {
                opcode: row.get("opcode")?,
                p1: row.get("p1")?,
                p2: row.get("p2")?,
                p3: row.get("p3")?,
                p4: row.get("p4")?,
            });
        }
        Ok(Self(instructions))
    }

    /// The cursors on b-trees of the census, and which. Database 0 is the census, 1 what is temporary.
    fn cursors(&self) -> impl Iterator<Item = (i64, i64)> {
        let opens =
            |one: &&Instruction| matches!(one.opcode.as_str(), "OpenRead" | "ReopenIdx") && one.p3 == 0;
        self.0.iter().filter(opens).map(|one| (one.p1, one.p2))
    }

    /// The index by which alone the rows of a table's cursor are found.
    fn sought_through(&self, cursor: i64) -> Option<i64> {
        let mut indexes = self.0.iter().filter(|one| one.opcode == "DeferredSeek" && one.p3 == cursor);
        let index = indexes.next()?.p1;
        let alone = indexes.all(|one| one.p1 == index) && self.uses(cursor).all(|one| FOLLOWS.contains(&one));
        (alone && index != cursor).then_some(index)
    }

    /// The opcodes of the instructions that may use a cursor.
    fn uses(&self, cursor: i64) -> impl Iterator<Item = &str> {
        let may_use = move |one: &&Instruction| {
            let opcode = one.opcode.as_str();
            one.p1 == cursor && !WITHOUT_CURSOR.contains(&opcode)
        };
        self.0.iter().filter(may_use).map(|one| one.opcode.as_str())
    }

    /// What each part of the key is equal to, where the cursor walks nothing but entries that begin so; `None` where
    /// that is not known.
    fn equal(&self, cursor: i64, bound: &[Bound]) -> Vec<Option<BTreeSet<String>>> {
        let is_known =
            |opcode: &str| FOLLOWS.contains(&opcode) || SEEKS.contains(&opcode) || ENDS.contains(&opcode);
        if !self.uses(cursor).all(is_known) {
            return Vec::new();
        }
        let of = |opcodes: [&str; 4]| {
            let all = self.0.iter().enumerate();
            let found = all.filter(|(_, one)| one.p1 == cursor && opcodes.contains(&one.opcode.as_str()));
            found.collect::<Vec<_>>()
        };
        // One walk, which begins and ends with the same registers.
        let (&[(from, seek)], &[(to, end)]) = (of(SEEKS).as_slice(), of(ENDS).as_slice()) else {
            return Vec::new();
        };
        let parts =
            |one: &Instruction| one.p4.as_deref().and_then(|parts| parts.parse::<i64>().ok()).unwrap_or(0);
        if seek.p3 != end.p3 || to < from {
            return Vec::new();
        }
        let first = seek.p3;
        (first..first + parts(seek).min(parts(end)))
            .map(|register| {
                // A register that is written in between holds one value at the beginning and another at the end.
                let changes = self.0[from..=to].iter().any(|one| one.writes(register));
                if changes { None } else { self.values(register, bound, 0) }
            })
            .collect()
    }

    /// Every value that a register can have, where all of them are constants. NULL is equal to nothing.
    fn values(&self, register: i64, bound: &[Bound], depth: u32) -> Option<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        for one in self.0.iter().filter(|one| one.writes(register)) {
            match one.opcode.as_str() {
                "Null" => {}
                "String8" => values.extend([one.p4.clone()?]),
                "Integer" => values.extend([one.p1.to_string()]),
                "Int64" => values.extend([one.p4.clone()?]),
                "Variable" => match &bound.get(usize::try_from(one.p1).ok()?.checked_sub(1)?)?.value {
                    Value::Null => {}
                    Value::Integer(number) => values.extend([number.to_string()]),
                    Value::Text(text) => values.extend([text.clone()]),
                    Value::Real(_) | Value::Blob(_) => return None,
                },
                "SCopy" | "Copy" if one.p3 == 0 && depth < 4 => {
                    values.extend(self.values(one.p1, bound, depth + 1)?)
                }
                "Column" if depth < 4 => values.extend(self.listed(one.p1, bound, depth + 1)?),
                _ => return None,
            }
        }
        Some(values)
    }

    /// The values of `IN (…)`, which are put into a table of their own first.
    fn listed(&self, cursor: i64, bound: &[Bound], depth: u32) -> Option<BTreeSet<String>> {
        let opens = |one: &Instruction| one.p1 == cursor && one.opcode.starts_with("Open");
        if !self.0.iter().filter(|one| opens(one)).all(|one| one.opcode == "OpenEphemeral" && one.p2 == 1) {
            return None;
        }
        let mut values = BTreeSet::new();
        for insert in self.0.iter().filter(|one| one.p1 == cursor && one.opcode.contains("Insert")) {
            let mut records = self.0.iter().filter(|one| one.writes(insert.p2));
            let all = records.all(|record| {
                let of_one = record.opcode == "MakeRecord" && record.p2 == 1;
                let found = if of_one { self.values(record.p1, bound, depth) } else { None };
                found.map(|found| values.extend(found)).is_some()
            });
            if insert.opcode != "IdxInsert" || !all {
                return None;
            }
        }
        Some(values)
    }
}

impl Instruction {
    /// Whether it may write a register.
    fn writes(&self, register: i64) -> bool {
        let Self { p1, p2, p3, .. } = *self;
        match self.opcode.as_str() {
            "String8" | "String" | "Integer" | "Int64" | "Real" | "Variable" | "SCopy" | "IntCopy"
            | "Blob" | "Rowid" | "IdxRowid" | "RowData" | "Sequence" | "SorterData" | "AggFinal" | "Not"
            | "BitNot" | "Count" | "SoftNull" | "ZeroOrNull" | "IsTrue" | "ReadCookie" | "NewRowid" => {
                p2 == register
            }
            "Copy" => (p2..=p2 + p3).contains(&register),
            "Null" => (p2..=p2.max(p3)).contains(&register),
            "Move" => (p2..p2 + p3).contains(&register) || (p1..p1 + p3).contains(&register),
            "AddImm" | "Cast" | "RealAffinity" | "MustBeInt" | "Gosub" | "InitCoroutine" | "Yield"
            | "BeginSubrtn" | "DecrJumpZero" | "IfPos" | "IfNotZero" => {
                p1 == register || (self.opcode == "BeginSubrtn" && p2 == register)
            }
            "OffsetLimit" => p2 == register,
            "Column" | "MakeRecord" | "Function" | "PureFunc" | "Concat" | "Add" | "Subtract"
            | "Multiply" | "Divide" | "Remainder" | "And" | "Or" | "BitAnd" | "BitOr" | "ShiftLeft"
            | "ShiftRight" | "AggStep" | "AggStep1" | "AggInverse" | "RowSetRead" | "RowSetTest"
            | "VColumn" | "AggValue" | "Offset" => p3 == register,
            "Init" | "Goto" | "Return" | "EndCoroutine" | "Halt" | "HaltIfNull" | "ResultRow" | "CollSeq"
            | "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "ElseEq" | "Permutation" | "Compare" | "Jump"
            | "Once" | "If" | "IfNot" | "IsNull" | "NotNull" | "Affinity" | "Transaction" | "Noop"
            | "Explain" | "OpenRead" | "ReopenIdx" | "OpenEphemeral" | "OpenAutoindex" | "OpenPseudo"
            | "OpenDup" | "SorterOpen" | "SorterSort" | "SorterNext" | "SorterInsert" | "SorterCompare"
            | "Sort" | "Rewind" | "Last" | "Next" | "Prev" | "SeekGE" | "SeekGT" | "SeekLE" | "SeekLT"
            | "SeekRowid" | "SeekScan" | "SeekHit" | "IdxGT" | "IdxGE" | "IdxLT" | "IdxLE" | "Found"
            | "NotFound" | "NoConflict" | "IfNoHope" | "NotExists" | "DeferredSeek" | "FinishSeek"
            | "NullRow" | "IfNullRow" | "Close" | "IdxInsert" | "Insert" | "ResetSorter" | "Filter"
            | "FilterAdd" | "IfEmpty" | "IfSmaller" | "RowSetAdd" | "ReleaseReg" | "CursorHint" => false,
            // What it writes is not known.
            _ => [p1, p2, p3].contains(&register),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Census;

    /// What the statement asks for of access reports and accounts; `:p` is `p`.
    fn reads(sql: &str) -> Reads {
        let census = Census::blank().unwrap();
        let pages = ResourcePages::read(census.connection()).unwrap();
        let value = Value::Text("p".to_owned());
        let bound = [Bound { name: "p".to_owned(), typed: "p".to_owned(), value, echo: None }];
        pages.read_by(census.connection(), sql, &bound)
    }

    /// What it asks for of access reports, at each place: `entity_id=a|b policy_id=`.
    fn asked(condition: &str) -> Vec<String> {
        let reads = reads(&format!("SELECT count(*) FROM service_last_accessed AS s {condition}"));
        let words = |asked: &Asked| {
            let one = |(column, values): (&String, &BTreeSet<String>)| {
                format!("{column}={}", values.iter().map(String::as_str).collect::<Vec<_>>().join("|"))
            };
            asked.iter().map(one).collect::<Vec<_>>().join(" ")
        };
        let mut found: Vec<_> = reads["service_last_accessed"].iter().map(words).collect();
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
            "WHERE service_namespace = 's3'",
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
        // What is kept of changes was computed from what changed.
        let behind = of("SELECT change, sum(users) FROM access_changes GROUP BY 1");
        for resource in
            ["users", "groups", "group_memberships", "account_assignments", "permission_set_policies"]
        {
            assert!(behind.contains(&resource), "{behind:?}");
        }
        assert_eq!(of("SELECT count(*) FROM access_change_causes").len(), 6);
        assert_eq!(of("EXPLAIN SELECT * FROM users"), [""; 0]);
    }
}
