//! What a loop over the rows of a table asks of each: a row whose column is not equal to a constant or a parameter is
//! passed over, however the rows are found.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;

use super::Program;
use super::instruction::Instruction;
use super::keys::{ENDS, FOLLOWS, SEEKS};
use super::registers::RegisterValue;

/// Instructions that begin to walk all entries.
const WALKS: [&str; 2] = ["Rewind", "Last"];
/// Instructions that go on to another entry.
const STEPS: [&str; 2] = ["Next", "Prev"];

/// Columns that hold texts, to all values that each may have.
pub(in crate::query) type Filters = BTreeMap<String, BTreeSet<String>>;

impl Program {
    /// What all rows are equal to that the cursor walks, and those of a table that are found through it. A condition counts where no row gets past it: it is met by each one that the loop comes to, and one that
    /// does not hold goes on to the next.
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

    /// The places where the one loop over a cursor begins and goes on; `None` where the cursor is used otherwise.
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

    /// Whether no row of the loop gets past the instruction at this place without having met it: nothing jumps over it, and
    /// nothing comes from elsewhere to what is before it.
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

    /// The column that the register holds where the instruction at this place reads it, if it is one of these cursors' and
    /// holds texts.
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
