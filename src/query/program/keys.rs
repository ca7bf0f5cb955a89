//! By which keys a program's cursors find their rows, where these are constants or parameters.

use std::collections::BTreeSet;

use rusqlite::types::Value;

use super::Program;
use super::instruction::Instruction;

/// Instructions that place a cursor at the first entry with a key, which begins in the register `p3` and has `p4` parts.
pub(super) const SEEKS: [&str; 4] = ["SeekGE", "SeekGT", "SeekLE", "SeekLT"];
/// Instructions that end a walk where the key is no longer the one in the registers from `p3` on, of `p4` parts.
pub(super) const ENDS: [&str; 4] = ["IdxGT", "IdxGE", "IdxLT", "IdxLE"];
/// Instructions that place a cursor at the row whose id is in the register `p3`.
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
    /// The index by which alone the rows of a table's cursor are found.
    pub(in crate::query) fn sought_through(&self, cursor: i64) -> Option<i64> {
        let mut indexes = self.at(self.deferred.get(&cursor)).map(|(_, one)| one.p1);
        let index = indexes.next()?;
        let alone = indexes.all(|one| one == index)
            && self.using(cursor).all(|(_, one)| FOLLOWS.contains(&one.name()));
        (alone && index != cursor).then_some(index)
    }

    /// What each part of the key is equal to, where the cursor walks nothing but entries that begin so; `None` where
    /// that is not known.
    pub(in crate::query) fn equal(&self, cursor: i64, bound: &[Value]) -> Vec<Option<BTreeSet<String>>> {
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

    /// Every value that a register can have, where all of them are constants. NULL is equal to nothing.
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

    /// The values of `IN (…)`, which are put into a table of their own first.
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
