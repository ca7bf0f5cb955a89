//! Formats the findings at 80 columns: one operation per line, by service, followed by the missing permissions, and
//! finally a result for each group of resources. A table would have to drop the most important column on a terminal of
//! that width.

use std::io;

use crate::collect::{Finding, Seen};
use crate::model::ResourceGroup;
use crate::output::{Ink, Page};

const WIDTH: usize = 80;
/// The column where an operation's name and its details begin.
const MARGIN: usize = 15;

/// Writes all findings.
pub fn write(findings: &[Finding], page: &mut Page<'_>) -> io::Result<()> {
    for of_service in findings.chunk_by(|a, b| a.operation.service() == b.operation.service()) {
        page.line(Ink::Plain, of_service[0].operation.service().name())?;
        for (index, finding) in of_service.iter().enumerate() {
            let line = format!("  {:<11}  {}", finding.seen.as_str(), finding.operation.name());
            page.line(Ink::Plain, &line)?;
            let details = details(finding);
            // Details shared by consecutive operations are written once.
            let next = of_service.get(index + 1);
            if next.is_some_and(|next| next.seen == finding.seen && self::details(next) == details) {
                continue;
            }
            write_details(&details, page)?;
        }
    }
    page.line(Ink::Plain, "by group")?;
    for group in ResourceGroup::ALL {
        write_group(group, findings, page)?;
    }
    Ok(())
}

/// Writes the most severe result among the operations that a group needs, and the operations that cannot be used. A
/// group that needs no operation was not selected.
fn write_group(group: ResourceGroup, findings: &[Finding], page: &mut Page<'_>) -> io::Result<()> {
    let needs = |finding: &&Finding| {
        group.resources().any(|spec| finding.resources.iter().any(|resource| resource == spec.name))
    };
    let needed = || findings.iter().filter(needs);
    let Some(seen) = needed().map(|finding| finding.seen).max() else { return Ok(()) };
    page.line(Ink::Plain, &format!("  {:<11}  {}", seen.as_str(), group.as_str()))?;
    match seen {
        Seen::No | Seen::Unavailable => {
            let unusable = needed().filter(|finding| finding.seen == seen);
            let names: Vec<_> = unusable.map(|finding| finding.operation.name()).collect();
            write_details(&[names.join(", ")], page)
        }
        Seen::Yes | Seen::NotTried => Ok(()),
    }
}

fn write_details(details: &[String], page: &mut Page<'_>) -> io::Result<()> {
    for line in details.iter().flat_map(|detail| hanging("", detail, MARGIN)) {
        page.line(Ink::Plain, &line)?;
    }
    Ok(())
}

fn details(finding: &Finding) -> Vec<String> {
    let missing = finding.missing.as_deref().unwrap_or_default();
    match finding.seen {
        Seen::Yes => Vec::new(),
        Seen::NotTried | Seen::Unavailable => vec![missing.to_owned()],
        Seen::No => {
            let mut details = vec![format!("missing: {missing}")];
            if !finding.resources.is_empty() {
                details.push(format!("needed for {}", finding.resources.join(", ")));
            }
            if let (Some(code), Some(message)) = (&finding.error_code, &finding.error_message) {
                details.push(format!("AWS said {code}: {message}"));
            }
            details
        }
    }
}

/// Wraps text at 80 columns after a heading, with each line indented by `margin`. A word longer than a line stays
/// whole, because it may be one to copy.
pub fn hanging(heading: &str, words: &str, margin: usize) -> Vec<String> {
    let mut lines = vec![format!("{heading:margin$}")];
    let mut column = margin;
    for word in words.split(' ') {
        let width = word.chars().count();
        if column > margin && column + 1 + width > WIDTH {
            lines.push(" ".repeat(margin));
            column = margin;
        }
        let line = lines.last_mut().expect("there is a first line");
        if column > margin {
            line.push(' ');
            column += 1;
        }
        line.push_str(word);
        column += width;
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::Operation;

    #[test]
    fn lines_hang_below_the_first_and_no_word_is_cut() {
        let arn = "arn:".to_owned() + &"x".repeat(90);
        let lines = hanging("what", &format!("{}{arn} at the end", "one two three ".repeat(8)), 15);
        let text = lines.join("\n");
        assert!(
            lines[0].starts_with("what           one")
                && lines[1..].iter().all(|line| line.starts_with(&" ".repeat(15))),
            "{text}"
        );
        let widest = lines.iter().filter(|line| !line.contains("arn:")).map(|line| line.len()).max();
        assert!(widest <= Some(80), "{text}");
        assert!(text.contains(&arn));
    }

    #[test]
    fn what_is_missing_is_below_its_operation_and_a_common_reason_is_said_once() {
        let finding = |operation, seen, missing: Option<&str>| Finding {
            operation,
            resources: vec!["users".to_owned()],
            seen,
            missing: missing.map(str::to_owned),
            error_code: (seen == Seen::No).then(|| "AccessDeniedException".to_owned()),
            error_message: (seen == Seen::No).then(|| "not \u{1b}[31mauthorized".to_owned()),
        };
        let findings = [
            finding(Operation::ListInstances, Seen::Yes, None),
            finding(Operation::ListPermissionSets, Seen::No, Some("allow sso:ListPermissionSets")),
            finding(Operation::DescribePermissionSet, Seen::NotTried, Some("it depends on the above")),
            finding(Operation::ListAccountAssignments, Seen::NotTried, Some("it depends on the above")),
            finding(Operation::ListUsers, Seen::Unavailable, Some("it cannot be listed")),
        ];
        let mut out = Vec::new();
        write(&findings, &mut Page::new(&mut out, false)).unwrap();
        insta::assert_snapshot!(String::from_utf8(out).unwrap(), @r"
        sso-admin
          yes          ListInstances
          no           ListPermissionSets
                       missing: allow sso:ListPermissionSets
                       needed for users
                       AWS said AccessDeniedException: not \u{1b}[31mauthorized
          not tried    DescribePermissionSet
          not tried    ListAccountAssignments
                       it depends on the above
        identitystore
          unavailable  ListUsers
                       it cannot be listed
        by group
          no           @identity
                       ListPermissionSets
        ");
    }
}
