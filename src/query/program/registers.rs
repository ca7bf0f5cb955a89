//! The certain contents of a program's registers: texts or numbers, if that can be determined.
//!
//! A register that several branches write has changing contents, and is then unknown. The results here therefore hold
//! for any rows.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::Program;
use super::instruction::Instruction;

/// The content of a register.
#[derive(Debug, Clone)]
pub(in crate::query) enum RegisterValue<'p> {
    /// A text of the statement.
    Literal(&'p str),
    /// A column of a table that holds texts.
    Column(String),
    /// Another text.
    Text,
    /// A number of the statement.
    Constant(&'p Instruction),
    /// Another number.
    Number,
}

impl RegisterValue<'_> {
    pub fn is_text(&self) -> bool {
        matches!(self, Self::Literal(_) | Self::Column(_) | Self::Text)
    }

    /// Returns true for a text of the statement that is no number.
    pub fn is_no_number(&self) -> bool {
        matches!(self, Self::Literal(text) if text.trim().parse::<f64>().is_err())
    }
}

/// The functions whose result is a text, or NULL.
const TEXTS: &[&str] = &[
    "substr",
    "substring",
    "lower",
    "upper",
    "trim",
    "ltrim",
    "rtrim",
    "replace",
    "strftime",
    "date",
    "time",
    "datetime",
    "hex",
    "printf",
    "format",
    "group_concat",
    "string_agg",
    "char",
    "quote",
    "typeof",
    "concat",
    "concat_ws",
];
/// The functions whose result is a number, or NULL.
const NUMBERS: &[&str] = &[
    "length",
    "octet_length",
    "instr",
    "unicode",
    "julianday",
    "unixepoch",
    "abs",
    "round",
    "sign",
    "random",
    "count",
    "sum",
    "total",
    "avg",
    "json_array_length",
    "row_number",
    "rank",
    "dense_rank",
    "ntile",
];

/// The instructions that compute a number from two registers.
pub(in crate::query) const ARITHMETIC: &[&str] =
    &["Add", "Subtract", "Multiply", "Divide", "Remainder", "BitAnd", "BitOr", "ShiftLeft", "ShiftRight"];

/// The columns of each b-tree: name and declared type.
pub(in crate::query) type Columns = BTreeMap<i64, Vec<(Option<String>, Option<String>)>>;

/// Reads the columns of the b-trees that are tables with rowids, or their indexes.
pub(in crate::query) fn columns(connection: &Connection, pages: impl Iterator<Item = i64>) -> Columns {
    let pages: BTreeSet<i64> = pages.collect();
    if pages.is_empty() {
        return Columns::new();
    }
    let read = || -> rusqlite::Result<Columns> {
        let mut statement = connection.prepare(
            "SELECT m.rootpage, CASE m.type WHEN 'table' THEN
                 (SELECT json_group_array(json_array(t.name, t.type)) FROM pragma_table_xinfo(m.name) AS t)
             ELSE (SELECT json_group_array(json_array(x.name, t.type)) FROM pragma_index_xinfo(m.name) AS x
                   LEFT JOIN pragma_table_xinfo(m.tbl_name) AS t ON t.cid = x.cid) END
             FROM main.sqlite_schema AS m WHERE m.rootpage IN (SELECT value FROM json_each(?1))
                 AND coalesce(m.sql, '') NOT LIKE '%WITHOUT ROWID%'",
        )?;
        let pages = serde_json::to_string(&pages).expect("numbers are always JSON");
        let rows = statement.query_map([pages], |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| row.map(|(page, columns)| (page, serde_json::from_str(&columns).unwrap_or_default())))
            .collect()
    };
    read().unwrap_or_default()
}

impl Program {
    /// Returns the content of the register when the instruction at this position reads it; `None` if it is unknown.
    pub(in crate::query) fn held(&self, at: usize, register: i64) -> Option<RegisterValue<'_>> {
        self.held_within(at, register, 0)
    }

    fn held_within(&self, at: usize, register: i64, depth: u32) -> Option<RegisterValue<'_>> {
        let place = self.writer(at, register)?;
        let one = &self.instructions[place];
        let by_name = || {
            let name = one.p4.split('(').next().unwrap_or_default();
            let of = |names: &[&str], held| names.contains(&name).then_some(held);
            of(TEXTS, RegisterValue::Text).or_else(|| of(NUMBERS, RegisterValue::Number))
        };
        match one.name() {
            "String8" => Some(RegisterValue::Literal(&one.p4)),
            "Integer" | "Int64" | "Real" => Some(RegisterValue::Constant(one)),
            "Concat" => Some(RegisterValue::Text),
            "Not" | "BitNot" | "And" | "Or" | "IsTrue" | "ZeroOrNull" | "AddImm" | "Rowid" | "IdxRowid"
            | "Count" => Some(RegisterValue::Number),
            opcode if ARITHMETIC.contains(&opcode) => Some(RegisterValue::Number),
            "Function" | "PureFunc" | "AggStep" | "AggStep1" | "AggValue" | "AggFinal" => by_name(),
            // The letter of an affinity: B converts to text, later letters convert to numbers.
            "Cast" if one.p2 == 0x42 => Some(RegisterValue::Text),
            "Cast" if one.p2 > 0x42 => Some(RegisterValue::Number),
            "SCopy" | "IntCopy" if depth < 4 => self.held_within(place, one.p1, depth + 1),
            "Copy" if depth < 4 => self.held_within(place, one.p1 + register - one.p2, depth + 1),
            "Column" => {
                let (name, declared) =
                    self.columns.get(&self.page(one.p1)?)?.get(usize::try_from(one.p2).ok()?)?;
                let is_text = declared.as_deref() == Some("TEXT");
                is_text.then(|| RegisterValue::Column(name.clone().unwrap_or_default()))
            }
            _ => None,
        }
    }

    /// Returns the position of the only instruction that wrote the register's content at this position.
    pub(super) fn writer(&self, at: usize, register: i64) -> Option<usize> {
        let writers = self.writers.get(&register)?;
        if let [only] = writers.as_slice() {
            return Some(*only);
        }
        let last = writers[..writers.partition_point(|place| *place < at)].last()?;
        // A jump into the code in between may come from another writer.
        self.targets.range(last + 1..=at).next().is_none().then_some(*last)
    }
}
