//! Terraform: each permission set, policy attachment and assignment as a resource with the block that imports it.

use std::io::Write;

use super::assigned::{self, Assigned};
use super::folder::{Folder, Skipped};
use super::permission_sets::{Boundary, PermissionSetForm, PermissionSets, PolicyReference};
use super::principals::Name;
use super::source::Source;
use crate::digest::hexadecimal;
use crate::error::{Error, Result};
use crate::output::write_error;

/// The maximum number of assignments in a file.
const PER_FILE: usize = 1_000;

/// The minimum versions with import blocks and permissions boundaries.
const VERSIONS: &str = r#"terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 4.50"
    }
  }
}
"#;

/// The counts of what was written.
#[derive(Debug, Default)]
pub struct Written {
    /// Number of permission sets.
    pub permission_sets: u64,
    /// Number of assignments.
    pub assignments: u64,
    /// Number of rows in `skipped.csv`.
    pub skipped: u64,
}

/// Writes the folder's files. Fails if the snapshot does not know its Identity Center instance.
pub fn write(source: &Source<'_>, folder: &Folder) -> Result<Written> {
    let instance = instance(source)?;
    let mut sets = PermissionSets::read(source)?;
    let mut assigned = assigned::read(source, "terraform")?;
    assigned::keep_named(source, &mut sets, &assigned);
    let mut skipped = Skipped::default();
    assigned::keep_listed(&mut assigned, &mut skipped);
    for (arn, (name, reason)) in &sets.unseen {
        skipped.add("permission set", format!("{name} ({arn})"), reason);
    }
    folder.write("versions.tf", VERSIONS.as_bytes())?;
    let mut file = folder.file("permission_sets.tf")?;
    for set in sets.whole.values() {
        Hcl(&mut file).permission_set(set, &instance).map_err(write_error)?;
    }
    file.finish()?;
    for (number, part) in (1..).zip(assigned.chunks(PER_FILE)) {
        let mut file = folder.file(&format!("assignments_{number:04}.tf"))?;
        for one in part {
            Hcl(&mut file).assignment(one, &sets, &instance).map_err(write_error)?;
        }
        file.finish()?;
    }
    skipped.write(folder)?;
    Ok(Written {
        permission_sets: sets.whole.len() as u64,
        assignments: assigned.len() as u64,
        skipped: skipped.count(),
    })
}

/// Returns the ARN of the snapshot's instance.
pub fn instance(source: &Source<'_>) -> Result<String> {
    source.snapshot().instance_arn.clone().ok_or_else(|| {
        Error::failed("the snapshot does not know the Identity Center instance, which every resource needs")
            .hint("collect with credentials that may list instances")
    })
}

/// Returns a stable name that is unique to the key: the beginning of the key's hash.
pub fn hashed(key: &[&str]) -> String {
    use sha2::{Digest, Sha256};
    let mut hasher = Sha256::new();
    for part in key {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    hexadecimal(&hasher.finalize().as_slice()[..8])
}

/// A writer of HCL blocks.
struct Hcl<'w, W: Write>(&'w mut W);

impl<W: Write> Hcl<'_, W> {
    fn permission_set(&mut self, set: &PermissionSetForm, instance: &str) -> std::io::Result<()> {
        let label = label(set);
        let (arn, own) = (set.arn.as_str(), format!("aws_ssoadmin_permission_set.{label}.arn"));
        self.open("aws_ssoadmin_permission_set", &label)?;
        self.text("instance_arn", instance)?;
        self.text("name", &set.name)?;
        for (name, value) in [
            ("description", &set.description),
            ("session_duration", &set.session_duration),
            ("relay_state", &set.relay_state),
        ] {
            if let Some(value) = value {
                self.text(name, value)?;
            }
        }
        if !set.tags.is_empty() {
            writeln!(self.0, "  tags = {{")?;
            for (key, value) in &set.tags {
                writeln!(self.0, "    {} = {}", quoted(key), quoted(value))?;
            }
            writeln!(self.0, "  }}")?;
        }
        self.close("aws_ssoadmin_permission_set", &label, &[arn, instance])?;

        for policy in &set.aws_managed {
            let (kind, label) = ("aws_ssoadmin_managed_policy_attachment", part(&label, policy));
            self.open(kind, &label)?;
            self.text("instance_arn", instance)?;
            self.reference("permission_set_arn", &own)?;
            self.text("managed_policy_arn", policy)?;
            self.close(kind, &label, &[policy, arn, instance])?;
        }
        for policy in &set.customer_managed {
            let PolicyReference { name, path } = policy;
            let (kind, label) =
                ("aws_ssoadmin_customer_managed_policy_attachment", part(&label, &format!("{path}{name}")));
            self.open(kind, &label)?;
            self.text("instance_arn", instance)?;
            self.reference("permission_set_arn", &own)?;
            self.customer_managed(policy, "  ")?;
            self.close(kind, &label, &[name, path, arn, instance])?;
        }
        if let Some(document) = &set.inline {
            let kind = "aws_ssoadmin_permission_set_inline_policy";
            self.open(kind, &label)?;
            self.text("instance_arn", instance)?;
            self.reference("permission_set_arn", &own)?;
            self.text("inline_policy", document)?;
            self.close(kind, &label, &[arn, instance])?;
        }
        if let Some(boundary) = &set.boundary {
            let kind = "aws_ssoadmin_permissions_boundary_attachment";
            self.open(kind, &label)?;
            self.text("instance_arn", instance)?;
            self.reference("permission_set_arn", &own)?;
            writeln!(self.0, "  permissions_boundary {{")?;
            match boundary {
                Boundary::Aws(policy) => writeln!(self.0, "    managed_policy_arn = {}", quoted(policy))?,
                Boundary::Customer(policy) => self.customer_managed(policy, "    ")?,
            }
            writeln!(self.0, "  }}")?;
            self.close(kind, &label, &[arn, instance])?;
        }
        Ok(())
    }

    fn assignment(&mut self, one: &Assigned, sets: &PermissionSets, instance: &str) -> std::io::Result<()> {
        let kind = "aws_ssoadmin_account_assignment";
        let Assigned { account_id, permission_set_arn: set, principal_type, principal_id, .. } = one;
        let label = format!("assignment_{}", hashed(&[account_id, set, principal_type, principal_id]));
        let name = match &one.principal {
            Name::Known(name) => name.clone(),
            Name::NotSeen(_) => "a principal that was not seen".to_owned(),
            Name::Gone => "a principal that was deleted".to_owned(),
        };
        let set_name = one.permission_set_name.as_deref().unwrap_or("a permission set that is in no list");
        writeln!(
            self.0,
            "# {}",
            comment(&format!("{set_name} for {} {name}", principal_type.to_lowercase()))
        )?;
        self.open(kind, &label)?;
        self.text("instance_arn", instance)?;
        match sets.whole.get(set) {
            Some(whole) => {
                let own = format!("aws_ssoadmin_permission_set.{}.arn", self::label(whole));
                self.reference("permission_set_arn", &own)?;
            }
            None => self.text("permission_set_arn", set)?,
        }
        self.text("principal_id", principal_id)?;
        self.text("principal_type", principal_type)?;
        self.text("target_id", account_id)?;
        self.text("target_type", "AWS_ACCOUNT")?;
        self.close(kind, &label, &[principal_id, principal_type, account_id, "AWS_ACCOUNT", set, instance])
    }

    fn open(&mut self, kind: &str, label: &str) -> std::io::Result<()> {
        writeln!(self.0, "resource \"{kind}\" \"{label}\" {{")
    }

    /// Ends the resource, and writes the block that imports it. `id` has the parts of the resource's import id.
    fn close(&mut self, kind: &str, label: &str, id: &[&str]) -> std::io::Result<()> {
        let id = quoted(&id.join(","));
        writeln!(self.0, "}}\n\nimport {{\n  to = {kind}.{label}\n  id = {id}\n}}\n")
    }

    fn text(&mut self, name: &str, value: &str) -> std::io::Result<()> {
        writeln!(self.0, "  {name} = {}", quoted(value))
    }

    fn reference(&mut self, name: &str, to: &str) -> std::io::Result<()> {
        writeln!(self.0, "  {name} = {to}")
    }

    fn customer_managed(&mut self, policy: &PolicyReference, indent: &str) -> std::io::Result<()> {
        writeln!(self.0, "{indent}customer_managed_policy_reference {{")?;
        writeln!(self.0, "{indent}  name = {}", quoted(&policy.name))?;
        writeln!(self.0, "{indent}  path = {}", quoted(&policy.path))?;
        writeln!(self.0, "{indent}}}")
    }
}

/// Returns the label of a permission set: its name in the characters that a label allows, and a hash that makes it
/// unique.
fn label(set: &PermissionSetForm) -> String {
    let plain = |one: char| if one.is_ascii_alphanumeric() { one.to_ascii_lowercase() } else { '_' };
    let name: String = set.name.chars().map(plain).collect();
    format!("set_{name}_{}", hashed(&[&set.arn]))
}

/// Returns the label of one of several items of a permission set.
fn part(label: &str, what: &str) -> String {
    format!("{label}_{}", hashed(&[what]))
}

/// Returns the text as an HCL string. A sequence that would begin a template is escaped.
fn quoted(text: &str) -> String {
    let mut written = String::with_capacity(text.len() + 2);
    written.push('"');
    let mut rest = text;
    while let Some(one) = rest.chars().next() {
        let run = rest.len() - rest.trim_start_matches(one).len();
        let begins_template = matches!(one, '$' | '%') && rest[run..].starts_with('{');
        let mut by_number = |one: char| written.push_str(&format!("\\u{:04x}", u32::from(one)));
        match one {
            // Of several signs in a row, HCL would read the last two as one escaped sign.
            _ if begins_template && run > 1 => {
                (0..run).for_each(|_| by_number(one));
                rest = &rest[run..];
                continue;
            }
            '\n' => written.push_str("\\n"),
            '\r' => written.push_str("\\r"),
            '\t' => written.push_str("\\t"),
            _ if one.is_control() => by_number(one),
            '"' | '\\' => written.extend(['\\', one]),
            _ if begins_template => written.extend([one, one]),
            _ => written.push(one),
        }
        rest = &rest[one.len_utf8()..];
    }
    written.push('"');
    written
}

/// Returns the text for a comment. A comment ends with its line, so control characters become spaces.
fn comment(text: &str) -> String {
    text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_never_a_template() {
        for (text, expected) in [
            ("a \"b\" \\ c", r#""a \"b\" \\ c""#),
            ("${aws:username}", r#""$${aws:username}""#),
            ("%{ if true }", r#""%%{ if true }""#),
            ("$5 100% $ {", r#""$5 100% $ {""#),
            ("$${ $$$ %%%{", r#""\u0024\u0024{ $$$ \u0025\u0025\u0025{""#),
            ("a\nb\r\n\t\u{1}", r#""a\nb\r\n\t\u0001""#),
        ] {
            assert_eq!(quoted(text), expected);
        }
    }

    #[test]
    fn labels_differ_where_names_read_alike() {
        let set = |name: &str, arn: &str| PermissionSetForm {
            name: name.to_owned(),
            arn: arn.to_owned(),
            ..PermissionSetForm::default()
        };
        let (one, other) = (label(&set("Power+User", "arn:1")), label(&set("power-user", "arn:2")));
        assert!(one.starts_with("set_power_user_") && other.starts_with("set_power_user_") && one != other);
        assert_ne!(hashed(&["ab", "c"]), hashed(&["a", "bc"]));
    }
}
