//! The SQL of a row's label for people, from the declared parts of its label. `diff` gives a single row the same label
//! (`diff::names`), and a test compares the two.

use crate::model::{ColumnKind, ColumnSpec, Entity, LabelPart, ResourceSpec};
use crate::store::columns::versions_table;
use crate::store::file::{literal, quoted};

/// Returns the SQL of the label of the version `v`, with the newest names as of `day`.
pub(super) fn label(spec: &ResourceSpec, day: &str) -> String {
    let own = |columns: &[&str]| {
        let values: Vec<String> = columns.iter().map(|column| format!("v.{}", quoted(column))).collect();
        values.join(" || ' ' || ")
    };
    match spec.row_label {
        [] if spec.label.is_empty() => own(spec.key),
        [] => format!("coalesce({}, {})", own(spec.label), own(spec.key)),
        parts => parts.iter().map(|part| of_part(spec, part, day)).collect::<Vec<_>>().join(" || "),
    }
}

fn of_part(spec: &ResourceSpec, part: &LabelPart, day: &str) -> String {
    let column = |name: &str| spec.column(name).expect("a label is made of the resource's columns");
    match *part {
        LabelPart::Words(words) => literal(words),
        LabelPart::Value(name) => format!("v.{}", quoted(name)),
        LabelPart::Name(name) => name_of(column(name), day),
        LabelPart::NounAndName(name) => {
            format!("{} || {}", noun_of(column(name)), name_of(column(name), day))
        }
        LabelPart::NameIfAny { words, column: name } => format!(
            "CASE v.{} WHEN '' THEN '' ELSE {} || {} END",
            quoted(name),
            literal(words),
            name_of(column(name), day)
        ),
        LabelPart::Policy { kind, policy, name } => policy_words(kind, policy, name),
    }
}

/// Returns the name of the entity whose id a column holds, or the column's value.
fn name_of(column: &ColumnSpec, day: &str) -> String {
    let value = format!("v.{}", quoted(column.name));
    let named = |entity: Entity| {
        let entity = entity.spec();
        format!(
            "(SELECT n.{} FROM {} AS n WHERE n.{} = {value} AND n.valid_from <= {day} \
             ORDER BY n.valid_from DESC LIMIT 1)",
            quoted(entity.names[0].column),
            quoted(&versions_table(entity.resource)),
            quoted(entity.id),
        )
    };
    let names = match column.kind {
        ColumnKind::IdByType { .. } => vec![by_type(column, named, "NULL")],
        _ => column.entities().map(named).collect(),
    };
    match names.is_empty() {
        true => value,
        false => format!("coalesce({}, {value})", names.join(", ")),
    }
}

/// Returns the noun of the entity whose id a column holds, followed by a space; empty if it holds no id.
fn noun_of(column: &ColumnSpec) -> String {
    let noun = |entity: Entity| literal(&format!("{} ", entity.spec().short));
    match (column.kind, column.entities().next()) {
        (ColumnKind::IdByType { .. }, _) => by_type(column, noun, "''"),
        (_, Some(entity)) => noun(entity),
        (_, None) => "''".to_owned(),
    }
}

/// Returns a CASE with an expression for each entity whose id the column may hold.
fn by_type(column: &ColumnSpec, of: impl Fn(Entity) -> String, otherwise: &str) -> String {
    let ColumnKind::IdByType { type_column, entities } = column.kind else { return otherwise.to_owned() };
    let arms: String = entities
        .iter()
        .map(|(value, entity)| format!(" WHEN {} THEN {}", literal(value), of(*entity)))
        .collect();
    format!("CASE v.{}{arms} ELSE {otherwise} END", quoted(type_column))
}

/// Returns the label of a policy of a permission set: see `diff::names::policy_words`.
fn policy_words(kind: &str, policy: &str, name: &str) -> String {
    let (kind, policy, name) = (quoted(kind), quoted(policy), quoted(name));
    // The part after the last slash. The rest is as long as the text with everything but slashes trimmed at its end.
    let last = format!("substr(v.{policy}, length(rtrim(v.{policy}, replace(v.{policy}, '/', ''))) + 1)");
    let named = format!(
        "coalesce(v.{name}, CASE WHEN instr(v.{policy}, ':policy/') > 0 THEN {last} ELSE v.{policy} END)"
    );
    format!(
        "CASE v.{kind} WHEN 'inline' THEN 'inline policy'
        WHEN 'permissions_boundary' THEN 'permissions boundary ' || {named} ELSE {named} END"
    )
}
