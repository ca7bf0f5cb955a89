//! Mistakes visible in the program of a statement: a text as a condition or in arithmetic, a text compared with a
//! number, a number that lost its leading zeros.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::words::nulls_in_lists;
use crate::error::{Error, Result};
use crate::query::program::Program;
use crate::query::program::instruction::Instruction;
use crate::query::program::registers::{ARITHMETIC, RegisterValue};
use crate::query::tokens::{TokenKind, tokens};

/// The number of digits of an account's id.
const ACCOUNT_ID: usize = 12;

/// Refuses mistakes visible in the program: a text as a condition or in arithmetic, a text compared with a number, a
/// number with leading zeros in place of a text.
pub fn refuse_in_program(sql: &str, program: &Program) -> Result<()> {
    if let Some(text) = program.texts_as_conditions().first() {
        return Err(Error::usage(format!("'{text}' by itself is not a condition: it counts as false"))
            .hint(format!("compare it: … OR column = '{text}', or column IN (…, '{text}')")));
    }
    for (at, step) in program.instructions.iter().enumerate() {
        let held = |register: i64| program.held(at, register);
        match step.name() {
            "If" | "IfNot" | "Not" => refuse_condition(held(step.p1))?,
            opcode if ARITHMETIC.contains(&opcode) && is_typed(sql, opcode) => {
                refuse_sum(opcode, held(step.p1), held(step.p2))?;
            }
            // The id of a row is a number.
            "SeekRowid" | "NotExists" => {
                if let Some(text) = held(step.p3).filter(RegisterValue::is_no_number) {
                    return Err(text_and_number(&text, &RegisterValue::Number));
                }
            }
            _ => {}
        }
    }
    let comparisons = comparisons(program);
    comparisons.iter().try_for_each(|one| refuse_comparison(one, &comparisons))?;
    refuse_zeros(sql, &comparisons)
}

/// Two compared values, if they are known.
struct Comparison<'p> {
    sides: [Option<RegisterValue<'p>>; 2],
    /// True if neither is converted.
    as_is: bool,
    /// True if texts that are numbers are converted to numbers.
    as_numbers: bool,
}

/// Returns every comparison of a program, including those with the members of a list after IN.
fn comparisons(program: &Program) -> Vec<Comparison<'_>> {
    let held = |at: usize, register: i64| program.held(at, register);
    let steps = || program.instructions.iter().enumerate();
    let compared = steps().filter(|(_, step)| step.is_comparison()).map(|(at, step)| Comparison {
        sides: [held(at, step.p1), held(at, step.p3)],
        as_is: step.compares_as_is(),
        as_numbers: step.compares_as_numbers(),
    });
    let members =
        steps().filter(|(_, step)| step.name() == "MakeRecord" && step.p2 == 1).flat_map(|(at, record)| {
            let insert = program.instructions[at..]
                .iter()
                .take(2)
                .find(|step| step.name() == "IdxInsert" && step.p2 == record.p3);
            let looks = insert.into_iter().flat_map(|insert| {
                program.using(insert.p1).filter(|(_, step)| ["Found", "NotFound"].contains(&step.name()))
            });
            looks.map(move |(looks_at, look)| Comparison {
                sides: [held(at, record.p1), held(looks_at, look.p3)],
                as_is: record.p4 == "A",
                as_numbers: record.p4.as_str() > "B",
            })
        });
    compared.chain(members).collect()
}

fn refuse_condition(held: Option<RegisterValue<'_>>) -> Result<()> {
    let what = match held {
        Some(RegisterValue::Column(name)) => name,
        Some(RegisterValue::Text) => "a text".to_owned(),
        _ => return Ok(()),
    };
    Err(Error::usage(format!("{what} by itself is not a condition: a text counts as false"))
        .hint("compare it with something: column = 'text', column <> '', column IS NOT NULL"))
}

/// Returns the sign of an operation on numbers.
fn sign(opcode: &str) -> &'static str {
    match opcode {
        "Add" => "+",
        "Subtract" => "-",
        "Multiply" => "*",
        "Divide" => "/",
        "Remainder" => "%",
        "BitAnd" => "&",
        "BitOr" => "|",
        "ShiftLeft" => "<<",
        _ => ">>",
    }
}

/// Returns true if the statement itself contains the sign, because SQLite and the views compute too. For `x IN ('a',
/// 'b')` SQLite adds a BitAnd that checks whether one of them is NULL.
fn is_typed(sql: &str, opcode: &str) -> bool {
    tokens(sql).iter().any(|token| token.kind == TokenKind::Sign && token.text == sign(opcode))
}

fn refuse_sum(opcode: &str, one: Option<RegisterValue<'_>>, other: Option<RegisterValue<'_>>) -> Result<()> {
    let both_texts = [&one, &other].iter().all(|held| held.as_ref().is_some_and(RegisterValue::is_text));
    if !both_texts && ![one, other].iter().flatten().any(RegisterValue::is_no_number) {
        return Ok(());
    }
    Err(Error::usage(format!("{} computes with numbers, and treats text as 0", sign(opcode)))
        .hint("texts are joined by ||, conditions by AND and OR; the days between two times are julianday(b) - julianday(a)"))
}

impl Comparison<'_> {
    /// Returns true if one of the sides is this number of the statement.
    fn has(&self, number: &Instruction) -> bool {
        self.sides
            .iter()
            .any(|held| matches!(held, Some(RegisterValue::Constant(one)) if std::ptr::eq(*one, number)))
    }

    fn has_text(&self) -> bool {
        self.sides.iter().flatten().any(RegisterValue::is_text)
    }
}

fn refuse_comparison(comparison: &Comparison<'_>, all: &[Comparison<'_>]) -> Result<()> {
    // A column of numbers converts a text that is a number.
    if let Some(text) =
        comparison.sides.iter().flatten().find(|held| held.is_no_number() && comparison.as_numbers)
    {
        return Err(text_and_number(text, &RegisterValue::Number));
    }
    let Comparison { sides: [Some(one), Some(other)], as_is: true, .. } = comparison else {
        return Ok(());
    };
    let (text, number) = match (one.is_text(), other.is_text()) {
        (true, false) => (one, other),
        (false, true) => (other, one),
        _ => return Ok(()),
    };
    // SQLite applies a condition on the rows of a UNION to each of its SELECTs: a number may be meant for another of
    // them.
    if let (RegisterValue::Literal(_), RegisterValue::Constant(constant)) = (text, number)
        && !all.iter().filter(|one| one.has(constant)).all(Comparison::has_text)
    {
        return Ok(());
    }
    Err(text_and_number(text, number))
}

fn text_and_number(text: &RegisterValue<'_>, number: &RegisterValue<'_>) -> Error {
    let said = match text {
        RegisterValue::Literal(text) => format!("'{text}'"),
        RegisterValue::Column(name) => name.clone(),
        _ => "a text".to_owned(),
    };
    let (of, hint) = match number {
        RegisterValue::Constant(number) => {
            let number = number.number();
            (
                format!("the number {number}"),
                format!("write '{number}', or CAST(… AS INTEGER) on the other side"),
            )
        }
        _ => (
            "a number".to_owned(),
            "write a number without quotes, or CAST(… AS TEXT) on the other side".to_owned(),
        ),
    };
    Error::usage(format!("{said} is compared with {of}, and no text equals a number")).hint(hint)
}

/// Refuses a number with leading zeros, which it would lose, unless it is only compared with numbers.
fn refuse_zeros(sql: &str, comparisons: &[Comparison<'_>]) -> Result<()> {
    let is_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    for token in tokens(sql).iter().filter(|token| token.kind == TokenKind::Number && is_digits(token.text)) {
        let digits = token.text;
        let number = digits.trim_start_matches('0');
        let number = if number.is_empty() { "0" } else { number };
        if number.len() == digits.len() {
            continue;
        }
        let is_it = |held: &Option<RegisterValue<'_>>| matches!(held, Some(RegisterValue::Constant(one)) if one.number() == number);
        let is_number = |held: &Option<RegisterValue<'_>>| held.as_ref().is_some_and(|held| !held.is_text());
        let of_it: Vec<_> = comparisons.iter().filter(|one| one.sides.iter().any(is_it)).collect();
        let is_meant = |one: &&Comparison<'_>| one.as_numbers || one.sides.iter().all(is_number);
        if of_it.is_empty() || !of_it.iter().all(is_meant) {
            return Err(Error::usage(format!("{digits} without quotes is the number {number}"))
                .hint(format!("write '{digits}' for an id, {number} for a number")));
        }
    }
    Ok(())
}

/// Returns the possible reasons for an empty answer: a text compared with a possible number, an id written as a number,
/// a NULL in the list of NOT IN.
pub fn why_empty(connection: &Connection, program: &Program, sql: &str) -> Vec<String> {
    let mut why = BTreeSet::new();
    for Comparison { sides: [one, other], .. } in comparisons(program).iter().filter(|one| one.as_is) {
        for sides in [(one, other), (other, one)] {
            match sides {
                (Some(RegisterValue::Constant(number)), None) if number.number().len() == ACCOUNT_ID => {
                    why.insert(format!("an id is text: {0} may have to be '{0}'", number.number()));
                }
                (Some(RegisterValue::Literal(text)), None) if text.trim().parse::<f64>().is_ok() => {
                    why.insert(format!(
                        "'{text}' is compared with a value that may be a number, and no text equals a number"
                    ));
                }
                _ => {}
            }
        }
    }
    why.extend(nulls_in_lists(connection, sql));
    why.into_iter().collect()
}
