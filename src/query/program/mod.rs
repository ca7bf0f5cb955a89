//! The program that SQLite compiles a statement to, as EXPLAIN shows it, and what its registers and cursors hold.
//!
//! To explain a statement costs as much as to prepare it, which for a view over many tables is not little: it is done
//! once for each statement, whatever is asked of its program.
//!
//! `instruction` what each instruction does · `registers` what registers surely hold · `keys` by what cursors find their
//! rows · `filters` which rows a loop passes over · `untyped` which parameters meet a value without a type.

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
        program.columns = registers::columns(connection, program.cursors().map(|(_, page)| page));
        program
    }

    /// Whether it makes one value of several rows, or of how many there are.
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
            // Database 0 is the census, 1 what is temporary, whose pages are counted down from zero.
            "OpenRead" | "ReopenIdx" if matches!(one.p3, 0 | 1) => {
                let page = if one.p3 == 0 { one.p2 } else { -one.p2 };
                self.opened.push((one.p1, page));
                self.pages.entry(one.p1).or_insert(page);
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
}
