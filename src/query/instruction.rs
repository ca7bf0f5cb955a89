//! What the instructions of a program do, as far as their names tell: which registers they write, whether they go on
//! elsewhere, whether they use a cursor.
//!
//! A program may have tens of thousands of instructions, of some eighty names: each name is looked up once.

use std::collections::HashMap;
use std::ops::RangeInclusive;
use std::rc::Rc;

/// One instruction of a compiled statement.
#[derive(Debug)]
pub(super) struct Instruction {
    pub opcode: Rc<Opcode>,
    pub p1: i64,
    pub p2: i64,
    pub p3: i64,
    pub p4: String,
    pub p5: i64,
}

/// What an instruction does, by its name.
#[derive(Debug)]
pub(super) struct Opcode {
    name: String,
    /// Whether it goes on at `p2`, or may.
    pub jumps: bool,
    /// Whether `p1` may be a cursor that it reads from.
    pub uses_cursor: bool,
    writes: Writes,
}

/// The opcodes that were met, by their names.
#[derive(Debug, Default)]
pub(super) struct Opcodes(HashMap<String, Rc<Opcode>>);

impl Opcodes {
    /// Returns the opcode of this name.
    pub fn named(&mut self, name: &str) -> Rc<Opcode> {
        if let Some(known) = self.0.get(name) {
            return known.clone();
        }
        let opcode = Rc::new(Opcode {
            name: name.to_owned(),
            jumps: JUMPS.contains(&name),
            uses_cursor: !WITHOUT_CURSOR.contains(&name),
            writes: Writes::of(name),
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
    /// From `p2` on, as many as `p3` says and one more.
    Copies,
    /// From `p2` to `p3`.
    Nulls,
    /// As many as `p3` says, from `p2` on and from `p1` on.
    Moves,
    /// What it writes is not known.
    Any,
}

impl Writes {
    fn of(opcode: &str) -> Self {
        match opcode {
            "String8" | "String" | "Integer" | "Int64" | "Real" | "Variable" | "SCopy" | "IntCopy"
            | "Blob" | "Rowid" | "IdxRowid" | "RowData" | "Sequence" | "SorterData" | "Not" | "BitNot"
            | "Count" | "SoftNull" | "ZeroOrNull" | "IsTrue" | "ReadCookie" | "NewRowid" | "OffsetLimit" => {
                Self::P2
            }
            "Copy" => Self::Copies,
            "Null" => Self::Nulls,
            "Move" => Self::Moves,
            "AddImm" | "Cast" | "RealAffinity" | "MustBeInt" | "Gosub" | "InitCoroutine" | "Yield"
            | "DecrJumpZero" | "IfPos" | "IfNotZero" | "AggFinal" => Self::P1,
            "BeginSubrtn" => Self::P1AndP2,
            "Column" | "MakeRecord" | "Function" | "PureFunc" | "Concat" | "Add" | "Subtract"
            | "Multiply" | "Divide" | "Remainder" | "And" | "Or" | "BitAnd" | "BitOr" | "ShiftLeft"
            | "ShiftRight" | "AggStep" | "AggStep1" | "AggInverse" | "RowSetRead" | "RowSetTest"
            | "VColumn" | "AggValue" | "Offset" => Self::P3,
            "Init" | "Goto" | "Return" | "EndCoroutine" | "Halt" | "HaltIfNull" | "ResultRow" | "CollSeq"
            | "Eq" | "Ne" | "Lt" | "Le" | "Gt" | "Ge" | "ElseEq" | "Permutation" | "Compare" | "Jump"
            | "Once" | "If" | "IfNot" | "IsNull" | "NotNull" | "Affinity" | "Transaction" | "Noop"
            | "Explain" | "OpenRead" | "ReopenIdx" | "OpenEphemeral" | "OpenAutoindex" | "OpenPseudo"
            | "OpenDup" | "SorterOpen" | "SorterSort" | "SorterNext" | "SorterInsert" | "SorterCompare"
            | "Sort" | "Rewind" | "Last" | "Next" | "Prev" | "SeekGE" | "SeekGT" | "SeekLE" | "SeekLT"
            | "SeekRowid" | "SeekScan" | "SeekHit" | "IdxGT" | "IdxGE" | "IdxLT" | "IdxLE" | "Found"
            | "NotFound" | "NoConflict" | "IfNoHope" | "NotExists" | "DeferredSeek" | "FinishSeek"
            | "NullRow" | "IfNullRow" | "Close" | "IdxInsert" | "Insert" | "ResetSorter" | "Filter"
            | "FilterAdd" | "IfEmpty" | "IfSmaller" | "RowSetAdd" | "ReleaseReg" | "CursorHint" => {
                Self::Nothing
            }
            _ => Self::Any,
        }
    }
}

impl Instruction {
    /// The name of its opcode.
    pub fn name(&self) -> &str {
        &self.opcode.name
    }

    /// The registers that it may write, as ranges.
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

/// Instructions that go on at `p2`, or may.
const JUMPS: &[&str] = &[
    "Init",
    "Goto",
    "Gosub",
    "InitCoroutine",
    "Yield",
    "If",
    "IfNot",
    "IsNull",
    "NotNull",
    "Once",
    "Eq",
    "Ne",
    "Lt",
    "Le",
    "Gt",
    "Ge",
    "ElseEq",
    "Next",
    "Prev",
    "Rewind",
    "Last",
    "SeekGE",
    "SeekGT",
    "SeekLE",
    "SeekLT",
    "SeekRowid",
    "SeekScan",
    "IdxGT",
    "IdxGE",
    "IdxLT",
    "IdxLE",
    "Found",
    "NotFound",
    "NoConflict",
    "IfNoHope",
    "NotExists",
    "IfNullRow",
    "IfPos",
    "IfNotZero",
    "DecrJumpZero",
    "IfNotOpen",
    "IfEmpty",
    "IfSmaller",
    "RowSetRead",
    "RowSetTest",
    "SorterSort",
    "SorterNext",
    "Sort",
    "SorterCompare",
    "VFilter",
    "VNext",
    "Filter",
    "MustBeInt",
    "BeginSubrtn",
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
