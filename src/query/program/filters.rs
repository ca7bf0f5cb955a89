//! The conditions that a loop over the rows of a table checks: a row whose column differs from a constant or a
//! parameter is skipped, however the rows are found.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;

use super::Program;
use super::instruction::Instruction;
use super::keys::{ENDS, FOLLOWS, SEEKS};
use super::registers::RegisterValue;

/// The instructions that begin to walk all entries.
const WALKS: [&str; 2] = ["Rewind", "Last"];
/// The instructions that move to another entry.
const STEPS: [&str; 2] = ["Next", "Prev"];

/// The columns that hold texts, each with all values that it may have.
pub(in crate::query) type Filters = BTreeMap<String, BTreeSet<String>>;

impl Program {
    /// Returns the values that columns have in all rows that the cursor walks, and in those of tables that are read
    /// through it. A condition counts if no row bypasses it: every row that the loop visits reaches the condition, and
    /// a row that fails it moves on to the next.
    pub(in crate::query) fn filters(&self, cursor: i64, bound: &[Value]) -> Filters {
        let mut filters = Filters::new();
        let Some(walk @ (begin, step)) = self.walk(cursor) else { return filters };
        let tables = self.cursors().map(|(table, _)| table);
        let cursors: Vec<i64> =
            tables.filter(|table| self.sought_through(*table) == Some(cursor)).chain([cursor]).collect();
        for place in begin + 1..step {
            let one = &self.instructions[place];
            let passes_over =
                one.name() == "Ne" && usize::try_from(one.p2) == Ok(step) && one.p4.starts_with("BINARY");
            if !passes_over {
                continue;
            }
            for (column, other) in [(one.p1, one.p3), (one.p3, one.p1)] {
                let column = self.text_column(place, column, &cursors);
                if let (Some(name), Some(values)) = (column, self.values(other, bound, 0))
                    && self.is_met_by_all(walk, place)
                {
                    filters.insert(name, values);
                }
            }
        }
        filters
    }

    /// Returns the positions at which the only loop over a cursor begins and moves on; `None` if the cursor is used in
    /// another way.
    fn walk(&self, cursor: i64) -> Option<(usize, usize)> {
        let is_any = |one: &Instruction, names: &[&str]| names.contains(&one.name());
        let begins = |one: &Instruction| is_any(one, &WALKS) || is_any(one, &SEEKS);
        let (mut begin, mut step) = (None, None);
        for (place, one) in self.using(cursor) {
            if begins(one) && begin.replace(place).is_some()
                || is_any(one, &STEPS) && step.replace(place).is_some()
            {
                return None;
            }
            if !(begins(one) || is_any(one, FOLLOWS) || is_any(one, &ENDS)) {
                return None;
            }
        }
        Some((begin?, step?)).filter(|(begin, step)| begin < step)
    }

    /// Returns true if every row of the loop reaches the instruction at this position: no jump skips it, and no jump
    /// enters the code before it from elsewhere.
    fn is_met_by_all(&self, (begin, step): (usize, usize), place: usize) -> bool {
        let jumps = self.instructions.iter().enumerate().filter(|(_, one)| one.opcode.jumps);
        let mut jumps = jumps.filter_map(|(from, one)| Some((from, usize::try_from(one.p2).ok()?)));
        jumps.all(|(from, to)| {
            let is_before = (begin..place).contains(&from);
            let comes_in = (begin + 2..=place).contains(&to) && !is_before;
            let goes_over = is_before && (place + 1..step).contains(&to);
            !comes_in && !goes_over
        })
    }

    /// Returns the column that the register holds when the instruction at this position reads it, if it belongs to one
    /// of these cursors and holds texts.
    fn text_column(&self, at: usize, register: i64, cursors: &[i64]) -> Option<String> {
        let written_by = &self.instructions[self.writer(at, register)?];
        match self.held(at, register)? {
            RegisterValue::Column(name)
                if written_by.name() == "Column" && cursors.contains(&written_by.p1) =>
            {
                Some(name)
            }
            _ => None,
        }
    }
}
