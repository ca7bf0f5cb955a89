//! The effects of a program's instructions, as far as their names show them: the registers they write, their jumps, and
//! their use of a cursor.
//!
//! A program may have tens of thousands of instructions, with some eighty names: each name is looked up once.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

/// An instruction of a compiled statement.
#[derive(Debug)]
pub(in crate::query) struct Instruction {
    pub opcode: Rc<Opcode>,
    pub p1: i64,
    pub p2: i64,
    pub p3: i64,
    pub p4: String,
    pub p5: i64,
}

/// The effect of an instruction, by its name.
#[derive(Debug)]
pub(in crate::query) struct Opcode {
    name: String,
    /// True if it jumps to `p2`, or may.
    pub jumps: bool,
    /// True if `p1` may be a cursor that it reads from.
    pub uses_cursor: bool,
    /// True if it compares two registers.
    pub compares: bool,
    writes: Writes,
}

/// The opcodes found so far, by their names.
#[derive(Debug, Default)]
pub(in crate::query) struct Opcodes(HashMap<String, Rc<Opcode>>);

impl Opcodes {
    /// Returns the opcode of this name.
    pub fn named(&mut self, name: &str) -> Rc<Opcode> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let known = OPCODES.iter().find(|(.., names)| has(names, name));
        // An unknown opcode may write any register that it names.
        let (flow, p1, writes, _) = known.unwrap_or(&(Flow::GoesOn, P1::Cursor, Writes::Any, ""));
        let opcode = Rc::new(Opcode {
            name: name.to_owned(),
            jumps: *flow == Flow::Jumps,
            uses_cursor: *p1 == P1::Cursor,
            compares: has(COMPARISONS, name),
            writes: *writes,
        });
        self.0.insert(name.to_owned(), opcode.clone());
        opcode
    }
}

/// The registers that an instruction may write.
#[derive(Debug, Clone, Copy)]
enum Writes {
    Nothing,
    P1,
    P2,
    P3,
    P1AndP2,
    /// The registers from `p2` on: one more than the number in `p3`.
    Copies,
    /// The registers from `p2` to `p3`.
    Nulls,
    /// As many registers as `p3` says, from `p2` on and from `p1` on.
    Moves,
    /// Unknown registers.
    Any,
}

impl Instruction {
    /// Returns the name of its opcode.
    pub fn name(&self) -> &str {
        &self.opcode.name
    }

    /// Returns the registers that it may write, as ranges.
    pub fn written(&self) -> impl Iterator<Item = RangeInclusive<i64>> + use<> {
        let Self { p1, p2, p3, .. } = *self;
        let one = |register: i64| Some(register..=register);
        let ranges = match self.opcode.writes {
            Writes::Nothing => [None, None, None],
            Writes::P1 => [one(p1), None, None],
            Writes::P2 => [one(p2), None, None],
            Writes::P3 => [one(p3), None, None],
            Writes::P1AndP2 => [one(p1), one(p2), None],
            Writes::Copies => [Some(p2..=p2 + p3), None, None],
            Writes::Nulls => [Some(p2..=p2.max(p3)), None, None],
            Writes::Moves => [Some(p2..=p2 + p3 - 1), Some(p1..=p1 + p3 - 1), None],
            Writes::Any => [one(p1), one(p2), one(p3)],
        };
        ranges.into_iter().flatten()
    }
}

/// Returns true if the name is one of `names`, which are separated by spaces.
fn has(names: &str, name: &str) -> bool {
    names.split(' ').any(|one| one == name)
}

/// The position at which a program continues after an instruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Flow {
    /// The next instruction.
    GoesOn,
    /// `p2`, possibly.
    Jumps,
}

/// The meaning of an instruction's first operand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum P1 {
    /// Possibly a cursor that the instruction reads from.
    Cursor,
    Other,
}

/// The opcodes that compare two registers.
const COMPARISONS: &str = "Eq Ne Lt Le Gt Ge";

/// The known opcodes, each once: where they continue, the meaning of `p1`, the registers they write, and their names.
const OPCODES: &[(Flow, P1, Writes, &str)] = &[
    (
        Flow::GoesOn,
        P1::Other,
        Writes::P2,
        "String8 String Integer Int64 Real Variable SCopy IntCopy Blob Not BitNot SoftNull ZeroOrNull \
         IsTrue OffsetLimit",
    ),
    (
        Flow::GoesOn,
        P1::Cursor,
        Writes::P2,
        "Rowid IdxRowid RowData Sequence SorterData Count ReadCookie NewRowid",
    ),
    (Flow::GoesOn, P1::Other, Writes::Copies, "Copy"),
    (Flow::GoesOn, P1::Other, Writes::Nulls, "Null"),
    (Flow::GoesOn, P1::Other, Writes::Moves, "Move"),
    (Flow::GoesOn, P1::Other, Writes::P1, "AddImm Cast RealAffinity AggFinal"),
    (Flow::Jumps, P1::Other, Writes::P1, "MustBeInt Gosub InitCoroutine Yield DecrJumpZero IfPos IfNotZero"),
    (Flow::Jumps, P1::Other, Writes::P1AndP2, "BeginSubrtn"),
    (Flow::GoesOn, P1::Cursor, Writes::P3, "Column VColumn Offset"),
    (
        Flow::GoesOn,
        P1::Other,
        Writes::P3,
        "MakeRecord Function PureFunc Concat Add Subtract Multiply Divide Remainder And Or BitAnd BitOr \
         ShiftLeft ShiftRight AggStep AggStep1 AggInverse AggValue",
    ),
    (Flow::Jumps, P1::Cursor, Writes::P3, "RowSetRead RowSetTest"),
    (Flow::Jumps, P1::Other, Writes::Nothing, "Init Goto ElseEq Once If IfNot IsNull NotNull Filter"),
    (
        Flow::GoesOn,
        P1::Other,
        Writes::Nothing,
        "Return EndCoroutine Halt HaltIfNull ResultRow CollSeq Permutation Compare Jump Affinity \
         Transaction Noop Explain FilterAdd ReleaseReg",
    ),
    (Flow::Jumps, P1::Other, Writes::Nothing, COMPARISONS),
    (
        Flow::GoesOn,
        P1::Cursor,
        Writes::Nothing,
        "OpenRead ReopenIdx OpenEphemeral OpenAutoindex OpenPseudo OpenDup SorterOpen SorterInsert \
         SeekHit DeferredSeek FinishSeek NullRow Close IdxInsert Insert ResetSorter RowSetAdd CursorHint",
    ),
    (
        Flow::Jumps,
        P1::Cursor,
        Writes::Nothing,
        "SorterSort SorterNext SorterCompare Sort Rewind Last Next Prev SeekGE SeekGT SeekLE SeekLT \
         SeekRowid SeekScan IdxGT IdxGE IdxLT IdxLE Found NotFound NoConflict IfNoHope NotExists \
         IfNullRow IfEmpty IfSmaller",
    ),
    (Flow::Jumps, P1::Cursor, Writes::Any, "IfNotOpen VFilter VNext"),
    (Flow::GoesOn, P1::Other, Writes::Any, "Trace Abortable"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_opcode_is_listed_once() {
        let mut names: Vec<_> = OPCODES.iter().flat_map(|(.., names)| names.split(' ')).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }
}
