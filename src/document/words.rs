//! The differences between two policies, in words.

use super::changes::{StatementChange, StatementChangeKind, between};

/// Returns the lines that describe the changes from one policy to another; none if they have the same meaning or are no
/// policies.
pub fn lines_between(before: Option<&str>, after: Option<&str>) -> Vec<String> {
    between(before, after).unwrap_or_default().iter().flat_map(lines).collect()
}

/// Returns the lines that describe the change of a statement.
pub fn lines(change: &StatementChange) -> Vec<String> {
    let said = |name: &str| {
        let element = change.elements.iter().find(|element| element.element == name)?;
        Some(element.added.iter().chain(&element.removed).cloned().collect::<Vec<_>>().join(", "))
    };
    let sid = change.statement.as_ref().filter(|_| said("Sid").is_some_and(|sid| !sid.is_empty()));
    let sign = match change.change {
        StatementChangeKind::Added => "+",
        StatementChangeKind::Removed => "-",
        StatementChangeKind::Changed => return of_elements(change),
    };
    let mut words = format!("{sign} statement ");
    if let Some(sid) = sid {
        words.push_str(&format!("\"{sid}\": "));
    }
    words.push_str(&gist(said));
    let in_gist = ["Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"];
    for element in change.elements.iter().filter(|element| !in_gist.contains(&element.element.as_str())) {
        let values = said(&element.element).unwrap_or_default();
        words.push_str(&format!(", {} {values}", element.element));
    }
    vec![words]
}

/// Returns the added and removed actions: `+ s3:PutObject, + Deny iam:* - ecs:RunTask`; empty if only other elements
/// changed.
pub fn actions(changes: &[StatementChange]) -> String {
    let mut words = Vec::new();
    for change in changes {
        let effect = change.effect.as_deref().filter(|effect| !effect.eq_ignore_ascii_case("Allow"));
        let effect = effect.map(|effect| format!("{effect} ")).unwrap_or_default();
        for element in &change.elements {
            let all_but = match element.element.as_str() {
                "Action" => "",
                "NotAction" => "all but ",
                _ => continue,
            };
            let signed = [("+", &element.added), ("-", &element.removed)];
            for (sign, values) in signed.into_iter().filter(|(_, values)| !values.is_empty()) {
                words.push(format!("{sign} {effect}{all_but}{}", values.join(", ")));
            }
        }
    }
    words.join(" ")
}

/// Returns the changes within a statement, or outside the statements: a line for added values and one for removed
/// values, or one line for a single value that replaced another.
fn of_elements(change: &StatementChange) -> Vec<String> {
    let place = match &change.statement {
        Some(statement) => format!("statement \"{statement}\": "),
        None => String::new(),
    };
    let mut lines = Vec::new();
    for element in &change.elements {
        let name = &element.element;
        match (element.removed.as_slice(), element.added.as_slice()) {
            ([], []) => lines.push(format!("{place}{name}: an empty list came or went")),
            ([old], [new]) if !is_list(name) => lines.push(format!("{place}{name}: {old} → {new}")),
            (removed, added) => {
                for (sign, values) in [("+", added), ("-", removed)] {
                    if !values.is_empty() {
                        lines.push(format!("{place}{sign} {name} {}", values.join(", ")));
                    }
                }
            }
        }
    }
    lines
}

/// Returns true if an element may hold several values, so that an added value does not replace a removed one.
fn is_list(element: &str) -> bool {
    !matches!(element, "Sid" | "Effect" | "Version" | "Id")
}

/// Returns a statement's effect, actions and resources in words, read from its elements by name.
pub(super) fn gist(said: impl Fn(&str) -> Option<String>) -> String {
    let either =
        |name: &str| said(name).or_else(|| Some(format!("all but {}", said(&format!("Not{name}"))?)));
    let mut words = said("Effect").unwrap_or_else(|| "no effect".to_owned());
    if let Some(actions) = either("Action") {
        words.push_str(&format!(" {actions}"));
    }
    if let Some(resources) = either("Resource") {
        words.push_str(&format!(" on {resources}"));
    }
    words
}
