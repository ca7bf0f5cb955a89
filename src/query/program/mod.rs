//! The program that SQLite compiles a statement to, as EXPLAIN shows it, and the contents of its registers and cursors.
//!
//! Explaining a statement costs as much as preparing it, which is a lot for a view over many tables. It is done once
//! for each statement.
//!
//! `instruction` has the effect of each instruction, `registers` the certain contents of registers, `keys` the keys by
//! which cursors find their rows, `filters` the rows that a loop skips, and `untyped` the parameters that are compared
//! with a value without a type.

mod filters;
pub(super) mod instruction;
mod keys;
pub(super) mod registers;
mod untyped;

use std::collections::{BTreeSet, HashMap};

use rusqlite::{Connection, Row};

use super::named::Named;
use crate::store::views_read;
use instruction::{Instruction, Opcodes};
use registers::Columns;

/// A compiled statement. A statement that cannot be explained, such as an EXPLAIN, has no instructions.
///
/// Everything needed for each instruction is looked up, never searched for: a view may have tens of thousands of
/// instructions.
#[derive(Debug, Default)]
pub struct Program {
    pub(super) instructions: Vec<Instruction>,
    /// The tables and views that it names.
    pub(super) named: Named,
    /// The columns of the b-trees that it opens.
    pub(super) columns: Columns,
    /// The positions of the instructions that may write each register, in order.
    pub(super) writers: HashMap<i64, Vec<usize>>,
    /// The positions of the instructions that may use each cursor, in order.
    users: HashMap<i64, Vec<usize>>,
    /// The positions of the instructions that defer placing each cursor.
    deferred: HashMap<i64, Vec<usize>>,
    /// The cursors on b-trees of the census with their b-trees, in the order in which they are opened.
    opened: Vec<(i64, i64)>,
    pages: HashMap<i64, i64>,
    /// The positions to which the program may jump.
    pub(super) targets: BTreeSet<usize>,
}

impl Program {
    /// Compiles a statement. Its parameters may be unbound, because the program is the same for every value.
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
        program.columns = registers::columns(connection, program.cursors().map(|(_, page)| page));
        program
    }

    /// Returns true if it computes one value from several rows, or from their number.
    pub fn aggregates(&self) -> bool {
        self.instructions.iter().any(|one| one.name().starts_with("Agg") || one.name() == "Count")
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
            // Database 0 is the census. Database 1 is the temporary one, whose pages are counted down from zero.
            "OpenRead" | "ReopenIdx" if matches!(one.p3, 0 | 1) => {
                let page = if one.p3 == 0 { one.p2 } else { -one.p2 };
                self.opened.push((one.p1, page));
                self.pages.entry(one.p1).or_insert(page);
            }
            _ => {}
        }
        self.instructions.push(one);
    }

    /// Returns the cursors on b-trees of the census, with their b-trees.
    pub(super) fn cursors(&self) -> impl Iterator<Item = (i64, i64)> {
        self.opened.iter().copied()
    }

    /// Returns the b-tree of the census that a cursor is on.
    pub(super) fn page(&self, cursor: i64) -> Option<i64> {
        self.pages.get(&cursor).copied()
    }

    /// Returns the instructions that may write a register, in order.
    fn writing(&self, register: i64) -> impl Iterator<Item = &Instruction> {
        self.at(self.writers.get(&register)).map(|(_, one)| one)
    }

    /// Returns the instructions that may use a cursor, in order, with their positions.
    pub(super) fn using(&self, cursor: i64) -> impl Iterator<Item = (usize, &Instruction)> {
        self.at(self.users.get(&cursor))
    }

    fn at(&self, places: Option<&Vec<usize>>) -> impl Iterator<Item = (usize, &Instruction)> {
        places.into_iter().flatten().map(|place| (*place, &self.instructions[*place]))
    }
}
