//! Every field of every answer is stored, or has a reason for not being stored. The fields are derived from the SDKs'
//! own types. A field counts as stored only if the simulator's organization has a value in its column. The list is
//! `completeness.txt`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{read_dir, read_to_string};
use std::path::{Path, PathBuf};
use std::process::Command;

use orgcensus::aws::{Operation, Service};
use serde_json::Value;

use crate::world::{World, small};

/// The members of an answer about its pages, and the handle of a job, which have other names in the request.
const PAGING: [&str; 2] = ["is_truncated", "job_id"];

/// What an answer tells of the state and the form of a report, which is asked for until it is there.
const ABOUT_A_REPORT: [&str; 3] = [
    "GenerateCredentialReport state",
    "GenerateCredentialReport description",
    "GetCredentialReport report_format",
];

fn crate_of(service: Service) -> &'static str {
    match service {
        Service::SsoAdmin => "aws-sdk-ssoadmin",
        Service::IdentityStore => "aws-sdk-identitystore",
        Service::Organizations => "aws-sdk-organizations",
        Service::Iam => "aws-sdk-iam",
        Service::Sts => "aws-sdk-sts",
    }
}

/// Returns the folders with the sources of the SDKs.
fn sdks() -> BTreeMap<String, PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let metadata = Command::new(cargo)
        .args(["metadata", "--locked", "--offline", "--format-version", "1", "--manifest-path"])
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .output()
        .unwrap();
    assert!(metadata.status.success(), "{}", String::from_utf8_lossy(&metadata.stderr));
    let metadata: Value = serde_json::from_slice(&metadata.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let manifest = Path::new(package["manifest_path"].as_str().unwrap());
            (package["name"].as_str().unwrap().to_owned(), manifest.parent().unwrap().join("src"))
        })
        .collect()
}

/// A field of a struct: its name, its type, and its documentation with its attributes.
type Field = (String, String, String);

/// Returns the public fields of a struct, or the variants of a union by their content, if the source has one with any.
fn fields(source: &str, name: &str) -> Option<Vec<Field>> {
    let start = |kind| source.split_once(&format!("pub {kind} {name} {{\n"));
    let (_, rest) = start("struct").or_else(|| start("enum"))?;
    let (body, _) = rest.split_once("\n}")?;
    let (mut found, mut said) = (Vec::new(), String::new());
    for line in body.lines().map(str::trim) {
        let bare = line.trim_end_matches(',');
        let field = bare.strip_prefix("pub ").and_then(|line| line.split_once(": "));
        let variant = bare.strip_suffix(')').and_then(|line| line.split_once('('));
        // The variant for unknown values is not a field of an answer, and an enum of words has no other variant with a
        // value.
        let variant =
            variant.filter(|(name, _)| *name != "Unknown" && name.chars().all(char::is_alphanumeric));
        match field.or(variant) {
            Some((name, kind)) => {
                let name = name.trim_start_matches("r#").to_owned();
                found.push((name, kind.to_owned(), std::mem::take(&mut said)));
            }
            None => said.push_str(line),
        }
    }
    (!found.is_empty()).then_some(found)
}

/// Returns the entry of a folder with this name, ignoring underscores and case.
fn entry(folder: &Path, name: &str) -> Option<PathBuf> {
    let bare = |name: &str| name.replace('_', "").to_lowercase();
    let entries = read_dir(folder).ok()?.map(|entry| entry.unwrap().path());
    entries.into_iter().find(|path| bare(path.file_stem().unwrap().to_str().unwrap()) == bare(name))
}

/// Adds the fields below one: those of its structs and unions, by their paths.
fn walk(sdk: &Path, path: &str, field: &Field, within: &[String], found: &mut BTreeMap<String, String>) {
    let (_, kind, said) = field;
    if let Some((_, rest)) = kind.split_once("crate::types::") {
        let name: String = rest.chars().take_while(|one| one.is_alphanumeric()).collect();
        let file = entry(&sdk.join("types"), &name).unwrap_or_else(|| panic!("{name} has no file"));
        let inner = fields(&read_to_string(file).unwrap(), &name).filter(|_| !within.contains(&name));
        if let Some(inner) = inner {
            let within = [within, &[name]].concat();
            for (name, kind, of_it) in inner {
                let path = format!("{path}.{name}");
                walk(sdk, &path, &(name, kind, format!("{said}{of_it}")), &within, found);
            }
            return;
        }
    }
    found.insert(path.to_owned(), said.clone());
}

/// Returns the members of an operation's request, and the fields of its answer with the SDK's documentation of each.
fn answers(sdk: &Path, operation: Operation) -> (BTreeSet<String>, BTreeMap<String, String>) {
    let folder = entry(&sdk.join("operation"), operation.name()).unwrap().with_extension("");
    let read = |end: &str| {
        let source = read_to_string(entry(&folder, &format!("{}{end}", operation.name())).unwrap()).unwrap();
        let (_, name) = source.split_once("pub struct ").unwrap();
        let name: String = name.chars().take_while(|one| one.is_alphanumeric()).collect();
        fields(&source, &name).unwrap_or_default()
    };
    let mut found = BTreeMap::new();
    for field in read("Output") {
        walk(sdk, &field.0, &field, &[], &mut found);
    }
    (read("Input").into_iter().map(|(name, ..)| name).collect(), found)
}

/// Returns true if a column has a value: `table.column`, or `table.column/Member` of JSON, including the items of a
/// list.
fn is_shown(world: &World, place: &str) -> bool {
    let (column, member) =
        place.split_once('/').map_or((place, None), |(column, member)| (column, Some(member)));
    let (table, column) = column.split_once('.').unwrap();
    let versions = format!("SELECT count(*) FROM sqlite_schema WHERE name = '{table}_versions'");
    let table = if world.number(&versions) == 1 { format!("{table}_versions") } else { table.to_owned() };
    let shown = match member {
        Some(member) => format!(
            "SELECT count(*) FROM {table} AS t, json_tree(t.\"{column}\") AS j
             WHERE j.key = '{member}' AND CASE j.type
                 WHEN 'array' THEN json_array_length(j.value) > 0
                 ELSE j.atom NOT NULL AND j.atom NOT IN ('', 0)
             END"
        ),
        None => format!(
            "SELECT count(*) FROM {table} WHERE \"{column}\" NOT NULL AND \"{column}\" NOT IN ('', 0)"
        ),
    };
    world.number(&shown) > 0
}

#[test]
fn every_field_is_stored_or_says_why_not() {
    let world = World::of(small());
    world.collect_day(2, &["--access-report", "accounts"]);
    // The reasons for the states of the instance, its encryption and its attributes are present on some days only.
    for day in [3, 5] {
        world.collect_day(day, &["--only", "identity_center_instances,access_control_attributes"]);
    }
    // A report by a policy that is not a service control policy fails.
    let tag_policy = "SELECT policy_id FROM organization_policies WHERE type = 'TAG_POLICY'";
    let tag_policy = world.select(tag_policy)[0]["policy_id"].as_str().unwrap().to_owned();
    world.collect(&["--only", "service_last_accessed", "--access-report-policies", &tag_policy]);
    let list = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/completeness.txt")).unwrap();
    let mut listed = BTreeMap::new();
    for line in list.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let [operation, field, sign, place] = line.splitn(4, ' ').collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        assert!(listed.insert(format!("{operation} {field}"), (sign, place)).is_none(), "twice: {line}");
    }
    let (sdks, mut open, mut wrong) = (sdks(), 0, Vec::new());
    for operation in Operation::ALL {
        let name = format!("{operation:?}");
        let (asks, fields) = answers(&sdks[crate_of(operation.service())], *operation);
        assert!(!fields.is_empty(), "{name} has fields");
        for (field, said) in &fields {
            let last = field.rsplit('.').next().unwrap();
            let is_right = match listed.remove(&format!("{name} {field}")) {
                Some(("=", place)) => is_shown(&world, place),
                Some(("-", "request echo")) => asks.contains(last) || PAGING.contains(&last),
                Some(("-", "about a report")) => ABOUT_A_REPORT.contains(&format!("{name} {field}").as_str()),
                Some(("-", "deprecated")) => ["deprecated", "retired"].iter().any(|word| said.contains(word)),
                Some(("-", reason)) if reason.starts_with("open: ") => {
                    open += 1;
                    true
                }
                Some(("-", reason)) => {
                    reason.strip_prefix("duplicate of ").is_some_and(|place| is_shown(&world, place))
                }
                _ => false,
            };
            if !is_right {
                wrong.push(format!("{name} {field}"));
            }
        }
    }
    assert!(wrong.is_empty(), "neither stored nor excused as the list says:\n{}", wrong.join("\n"));
    assert!(listed.is_empty(), "no answer has these: {listed:?}");
    assert_eq!(open, 0, "fields that are neither stored nor have one of the allowed reasons");
}
