//! The program that SQLite compiles a statement to, as EXPLAIN shows it, and what its registers and cursors hold.
//!
//! To explain a statement costs as much as to prepare it, which for a view over many tables is not little: it is done
//! once for each statement, whatever is asked of its program.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use rusqlite::Connection;
use rusqlite::types::Value;

use super::values::Bound;

/// One instruction of a compiled statement.
#[derive(Debug)]
pub(super) struct Instruction {
    pub opcode: String,
    pub p1: i64,
    pub p2: i64,
    pub p3: i64,
    pub p4: String,
    pub p5: i64,
}

/// A compiled statement. One that cannot be explained, such as one that is an EXPLAIN itself, has no instructions.
#[derive(Debug, Default)]
pub struct Program(pub(super) Vec<Instruction>);

/// Instructions that place a cursor at the first entry with a key, which begins in the register `p3` and has `p4` parts.
const SEEKS: [&str; 4] = ["SeekGE", "SeekGT", "SeekLE", "SeekLT"];
/// Instructions that end a walk where the key is no longer the one in the registers from `p3` on, of `p4` parts.
const ENDS: [&str; 4] = ["IdxGT", "IdxGE", "IdxLT", "IdxLE"];
/// Instructions that place a cursor at the row whose id is in the register `p3`.
const BY_ROWID: [&str; 2] = ["SeekRowid", "NotExists"];
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
    /// The program of a statement, whose parameters may be unbound: it is the same for every value.
    pub fn of(connection: &Connection, sql: &str) -> Self {
        let explain = || -> rusqlite::Result<Vec<Instruction>> {
            let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
            let mut rows = statement.raw_query();
            let mut instructions = Vec::new();
            while let Some(row) = rows.next()? {
                instructions.push(Instruction {
                    opcode: row.get("opcode")?,
                    p1: row.get("p1")?,
                    p2: row.get("p2")?,
                    p3: row.get("p3")?,
                    p4: row.get::<_, Option<String>>("p4")?.unwrap_or_default(),
                    p5: row.get("p5")?,
                });
            }
            Ok(instructions)
        };
        Self(explain().unwrap_or_default())
    }

    /// The cursors on b-trees of the census, and which. Database 0 is the census, 1 what is temporary.
    pub(super) fn cursors(&self) -> impl Iterator<Item = (i64, i64)> {
        let opens =
            |one: &&Instruction| matches!(one.opcode.as_str(), "OpenRead" | "ReopenIdx") && one.p3 == 0;
        self.0.iter().filter(opens).map(|one| (one.p1, one.p2))
    }

    /// The index by which alone the rows of a table's cursor are found.
    pub(super) fn sought_through(&self, cursor: i64) -> Option<i64> {
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
    pub(super) fn equal(&self, cursor: i64, bound: &[Bound]) -> Vec<Option<BTreeSet<String>>> {
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
        let parts = |one: &Instruction| one.p4.parse::<i64>().unwrap_or(0);
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

    /// The numbers that the rowid of a cursor is equal to, where it finds its rows by nothing else; `None` where that is
    /// not known.
    pub(super) fn rowids(&self, cursor: i64, bound: &[Bound]) -> Option<BTreeSet<i64>> {
        let is_known = |opcode: &str| FOLLOWS.contains(&opcode) || BY_ROWID.contains(&opcode);
        let seeks = |one: &&Instruction| one.p1 == cursor && BY_ROWID.contains(&one.opcode.as_str());
        let [seek] = self.0.iter().filter(seeks).collect::<Vec<_>>()[..] else { return None };
        if !self.uses(cursor).all(|opcode| is_known(opcode) && !["Next", "Prev"].contains(&opcode)) {
            return None;
        }
        self.values(seek.p3, bound, 0)?.iter().map(|value| value.parse().ok()).collect()
    }

    /// Every value that a register can have, where all of them are constants. NULL is equal to nothing.
    fn values(&self, register: i64, bound: &[Bound], depth: u32) -> Option<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        for one in self.0.iter().filter(|one| one.writes(register)) {
            match one.opcode.as_str() {
                "Null" => {}
                "String8" | "Int64" => values.extend([one.p4.clone()]),
                "Integer" => values.extend([one.p1.to_string()]),
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
    pub fn writes(&self, register: i64) -> bool {
        self.written().iter().any(|range| range.contains(&register))
    }

    /// The registers that it may write, as ranges.
    pub fn written(&self) -> Vec<RangeInclusive<i64>> {
        let Self { p1, p2, p3, .. } = *self;
        let one = |register: i64| vec![register..=register];
        match self.opcode.as_str() {
            "String8" | "String" | "Integer" | "Int64" | "Real" | "Variable" | "SCopy" | "IntCopy"
            | "Blob" | "Rowid" | "IdxRowid" | "RowData" | "Sequence" | "SorterData" | "Not" | "BitNot"
            | "Count" | "SoftNull" | "ZeroOrNull" | "IsTrue" | "ReadCookie" | "NewRowid" | "OffsetLimit" => {
                one(p2)
            }
            "Copy" => vec![p2..=p2 + p3],
            "Null" => vec![p2..=p2.max(p3)],
            "Move" => vec![p2..=p2 + p3 - 1, p1..=p1 + p3 - 1],
            "AddImm" | "Cast" | "RealAffinity" | "MustBeInt" | "Gosub" | "InitCoroutine" | "Yield"
            | "DecrJumpZero" | "IfPos" | "IfNotZero" | "AggFinal" => one(p1),
            "BeginSubrtn" => vec![p1..=p1, p2..=p2],
            "Column" | "MakeRecord" | "Function" | "PureFunc" | "Concat" | "Add" | "Subtract"
            | "Multiply" | "Divide" | "Remainder" | "And" | "Or" | "BitAnd" | "BitOr" | "ShiftLeft"
            | "ShiftRight" | "AggStep" | "AggStep1" | "AggInverse" | "RowSetRead" | "RowSetTest"
            | "VColumn" | "AggValue" | "Offset" => one(p3),
            "Init" | "Goto" | "Return" | "EndCoroutine" | "Halt" | "HaltIfNull" | "ResultRow" | "CollSeq"
            | "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "ElseEq" | "Permutation" | "Compare" | "Jump"
            | "Once" | "If" | "IfNot" | "IsNull" | "NotNull" | "Affinity" | "Transaction" | "Noop"
            | "Explain" | "OpenRead" | "ReopenIdx" | "OpenEphemeral" | "OpenAutoindex" | "OpenPseudo"
            | "OpenDup" | "SorterOpen" | "SorterSort" | "SorterNext" | "SorterInsert" | "SorterCompare"
            | "Sort" | "Rewind" | "Last" | "Next" | "Prev" | "SeekGE" | "SeekGT" | "SeekLE" | "SeekLT"
            | "SeekRowid" | "SeekScan" | "SeekHit" | "IdxGT" | "IdxGE" | "IdxLT" | "IdxLE" | "Found"
            | "NotFound" | "NoConflict" | "IfNoHope" | "NotExists" | "DeferredSeek" | "FinishSeek"
            | "NullRow" | "IfNullRow" | "Close" | "IdxInsert" | "Insert" | "ResetSorter" | "Filter"
            | "FilterAdd" | "IfEmpty" | "IfSmaller" | "RowSetAdd" | "ReleaseReg" | "CursorHint" => Vec::new(),
            // What it writes is not known.
            _ => vec![p1..=p1, p2..=p2, p3..=p3],
        }
    }
}
