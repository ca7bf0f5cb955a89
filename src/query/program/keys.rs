//! The keys by which a program's cursors find their rows, if these are constants or parameters.

use std::collections::BTreeSet;

use rusqlite::types::Value;

use super::Program;
use super::instruction::Instruction;

/// The instructions that place a cursor at the first entry with a key, which begins in the register `p3` and has `p4`
/// parts.
pub(super) const SEEKS: [&str; 4] = ["SeekGE", "SeekGT", "SeekLE", "SeekLT"];
/// The instructions that end a walk when the key differs from the one in the registers from `p3` on, of `p4` parts.
pub(super) const ENDS: [&str; 4] = ["IdxGT", "IdxGE", "IdxLT", "IdxLE"];
/// The instructions that place a cursor at the row whose id is in the register `p3`.
const BY_ROWID: [&str; 2] = ["SeekRowid", "NotExists"];
/// Other instructions that use a cursor, but do not move it elsewhere.
pub(super) const FOLLOWS: &[&str] = &[
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
    /// Returns the index through which alone a table's cursor finds its rows.
    pub(in crate::query) fn sought_through(&self, cursor: i64) -> Option<i64> {
        let mut indexes = self.at(self.deferred.get(&cursor)).map(|(_, one)| one.p1);
        let index = indexes.next()?;
        let alone = indexes.all(|one| one == index)
            && self.using(cursor).all(|(_, one)| FOLLOWS.contains(&one.name()));
        (alone && index != cursor).then_some(index)
    }

    /// Returns the values of each part of the key, if the cursor walks only entries with this prefix; `None` for a part
    /// that is unknown.
    pub(in crate::query) fn equal(&self, cursor: i64, bound: &[Value]) -> Vec<Option<BTreeSet<String>>> {
        let is_known =
            |opcode: &str| FOLLOWS.contains(&opcode) || SEEKS.contains(&opcode) || ENDS.contains(&opcode);
        if !self.using(cursor).all(|(_, one)| is_known(one.name())) {
            return Vec::new();
        }
        let of = |opcodes: [&str; 4]| -> Vec<_> {
            self.using(cursor).filter(|(_, one)| opcodes.contains(&one.name())).collect()
        };
        // There must be one walk, which begins and ends with the same registers.
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

    /// Returns the numbers that the rowid of a cursor equals, if the rowid alone finds its rows; `None` if that is
    /// unknown.
    pub(in crate::query) fn rowids(&self, cursor: i64, bound: &[Value]) -> Option<BTreeSet<i64>> {
        let is_known = |opcode: &str| FOLLOWS.contains(&opcode) || BY_ROWID.contains(&opcode);
        let users: Vec<_> = self.using(cursor).map(|(_, one)| one).collect();
        let seeks = |one: &&&Instruction| BY_ROWID.contains(&one.name());
        let [seek] = users.iter().filter(seeks).collect::<Vec<_>>()[..] else { return None };
        if !users.iter().all(|one| is_known(one.name()) && !["Next", "Prev"].contains(&one.name())) {
            return None;
        }
        self.values(seek.p3, bound, 0)?.iter().map(|value| value.parse().ok()).collect()
    }

    /// Returns every value that a register can have, if all of them are constants. NULL equals nothing.
    pub(super) fn values(&self, register: i64, bound: &[Value], depth: u32) -> Option<BTreeSet<String>> {
        let mut values = BTreeSet::new();
        for one in self.writing(register) {
            match one.name() {
                "Null" => {}
                "String8" | "Int64" => values.extend([one.p4.clone()]),
                "Integer" => values.extend([one.p1.to_string()]),
                "Variable" => match bound.get(usize::try_from(one.p1).ok()?.checked_sub(1)?)? {
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

    /// Returns the values of `IN (…)`, which the program first puts into a table of their own.
    fn listed(&self, cursor: i64, bound: &[Value], depth: u32) -> Option<BTreeSet<String>> {
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
