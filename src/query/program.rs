//! The program that SQLite compiles a statement to, as EXPLAIN shows it, and what its registers and cursors hold.
//!
//! To explain a statement costs as much as to prepare it, which for a view over many tables is not little: it is done
//! once for each statement, whatever is asked of its program.

use std::collections::{BTreeSet, HashMap};

use rusqlite::types::Value;
use rusqlite::{Connection, Row};

use super::instruction::{Instruction, Opcodes};
use super::named::Named;
use super::types::{self, Columns};
use super::values::Bound;
use crate::store::views_read;

/// A compiled statement. One that cannot be explained, such as one that is an EXPLAIN itself, has no instructions.
///
/// What is asked of it for each instruction is looked up, never searched for: a view may have tens of thousands.
#[derive(Debug, Default)]
pub struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// What it names.
    pub(super) named: Named,
    /// Of the b-trees that it opens.
    pub(super) columns: Columns,
    /// The places of the instructions that may write each register, in order.
    pub(super) writers: HashMap<i64, Vec<usize>>,
    /// The places of those that may use each cursor, in order.
    users: HashMap<i64, Vec<usize>>,
    /// The places of those that leave it to a later one to place each cursor.
    deferred: HashMap<i64, Vec<usize>>,
    /// The cursors on b-trees of the census, as they are opened, and which.
    opened: Vec<(i64, i64)>,
    pages: HashMap<i64, i64>,
    /// The places that the program may go on at from elsewhere.
    pub(super) targets: BTreeSet<usize>,
}

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
impl Program {
    /// The program of a statement, whose parameters may be unbound: it is the same for every value.
    pub fn of(connection: &Connection, sql: &str) -> Self {
        let mut opcodes = Opcodes::default();
        let mut read = |row: &Row<'_>| -> rusqlite::Result<Instruction> {
            Ok(Instruction {
                opcode: opcodes.named(row.get_ref(1)?.as_str()?),
                p1: row.get(2)?,
                p2: row.get(3)?,
                p3: row.get(4)?,
                p4: row.get::<_, Option<String>>(5)?.unwrap_or_default(),
                p5: row.get(6)?,
            })
        };
        let explain = || -> rusqlite::Result<Vec<Instruction>> {
            let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
            let mut rows = statement.raw_query();
            let mut instructions = Vec::new();
            while let Some(row) = rows.next()? {
                instructions.push(read(row)?);
            }
            Ok(instructions)
        };
        let (instructions, views) = views_read(connection, explain);
        let mut program = Self { named: Named::among(&views, sql), ..Self::default() };
        for (place, one) in instructions.unwrap_or_default().into_iter().enumerate() {
            program.push(place, one);
        }
        program.columns = types::columns(connection, program.cursors().map(|(_, page)| page));
        program
    }

    fn push(&mut self, place: usize, one: Instruction) {
        for register in one.written().flatten() {
            self.writers.entry(register).or_default().push(place);
        }
        if one.opcode.uses_cursor {
            self.users.entry(one.p1).or_default().push(place);
        }
        if one.opcode.jumps {
            self.targets.extend(usize::try_from(one.p2).ok());
        }
        match one.name() {
            "DeferredSeek" => self.deferred.entry(one.p3).or_default().push(place),
            // Database 0 is the census, 1 what is temporary.
            "OpenRead" | "ReopenIdx" if one.p3 == 0 => {
                self.opened.push((one.p1, one.p2));
                self.pages.entry(one.p1).or_insert(one.p2);
            }
            _ => {}
        }
        self.instructions.push(one);
    }

    /// The cursors on b-trees of the census, and which.
    pub(super) fn cursors(&self) -> impl Iterator<Item = (i64, i64)> {
        self.opened.iter().copied()
    }

    /// The b-tree of the census that a cursor is on.
    pub(super) fn page(&self, cursor: i64) -> Option<i64> {
        self.pages.get(&cursor).copied()
    }

    /// The instructions that may write a register, in order.
    fn writing(&self, register: i64) -> impl Iterator<Item = &Instruction> {
        self.at(self.writers.get(&register)).map(|(_, one)| one)
    }

    /// The instructions that may use a cursor, in order, and their places.
    pub(super) fn using(&self, cursor: i64) -> impl Iterator<Item = (usize, &Instruction)> {
        self.at(self.users.get(&cursor))
    }

    fn at(&self, places: Option<&Vec<usize>>) -> impl Iterator<Item = (usize, &Instruction)> {
        places.into_iter().flatten().map(|place| (*place, &self.instructions[*place]))
    }

    /// The index by which alone the rows of a table's cursor are found.
    pub(super) fn sought_through(&self, cursor: i64) -> Option<i64> {
        let mut indexes = self.at(self.deferred.get(&cursor)).map(|(_, one)| one.p1);
        let index = indexes.next()?;
        let alone = indexes.all(|one| one == index)
            && self.using(cursor).all(|(_, one)| FOLLOWS.contains(&one.name()));
        (alone && index != cursor).then_some(index)
    }

    /// What each part of the key is equal to, where the cursor walks nothing but entries that begin so; `None` where
    /// that is not known.
    pub(super) fn equal(&self, cursor: i64, bound: &[Bound]) -> Vec<Option<BTreeSet<String>>> {
        let is_known =
            |opcode: &str| FOLLOWS.contains(&opcode) || SEEKS.contains(&opcode) || ENDS.contains(&opcode);
        if !self.using(cursor).all(|(_, one)| is_known(one.name())) {
            return Vec::new();
        }
        let of = |opcodes: [&str; 4]| -> Vec<_> {
            self.using(cursor).filter(|(_, one)| opcodes.contains(&one.name())).collect()
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
                let mut writers = self.writers.get(&register).into_iter().flatten();
                let changes = writers.any(|place| (from..=to).contains(place));
                if changes { None } else { self.values(register, bound, 0) }
            })
            .collect()
    }

    /// The numbers that the rowid of a cursor is equal to, where it finds its rows by nothing else; `None` where that is
    /// not known.
    pub(super) fn rowids(&self, cursor: i64, bound: &[Bound]) -> Option<BTreeSet<i64>> {
        let is_known = |opcode: &str| FOLLOWS.contains(&opcode) || BY_ROWID.contains(&opcode);
        let users: Vec<_> = self.using(cursor).map(|(_, one)| one).collect();
        let seeks = |one: &&&Instruction| BY_ROWID.contains(&one.name());
        let [seek] = users.iter().filter(seeks).collect::<Vec<_>>()[..] else { return None };
        if !users.iter().all(|one| is_known(one.name()) && !["Next", "Prev"].contains(&one.name())) {
            return None;
        }
        self.values(seek.p3, bound, 0)?.iter().map(|value| value.parse().ok()).collect()
    }

    /// Every value that a register can have, where all of them are constants. NULL is equal to nothing.
    fn values(&self, register: i64, bound: &[Bound], depth: u32) -> Option<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        for one in self.writing(register) {
            match one.name() {
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
        let users = || self.using(cursor).map(|(_, one)| one);
        let mut opens = users().filter(|one| one.name().starts_with("Open"));
        if !opens.all(|one| one.name() == "OpenEphemeral" && one.p2 == 1) {
            return None;
        }
        let mut values = BTreeSet::new();
        for insert in users().filter(|one| one.name().contains("Insert")) {
            let all = self.writing(insert.p2).all(|record| {
                let of_one = record.name() == "MakeRecord" && record.p2 == 1;
                let found = if of_one { self.values(record.p1, bound, depth) } else { None };
                found.map(|found| values.extend(found)).is_some()
            });
            if insert.name() != "IdxInsert" || !all {
                return None;
            }
        }
        Some(values)
    }
}
