//! The tables of an export, derived from the declarations and from the census's description of its own tables.
//!
//! Every row gives its organization, its snapshot and the time of that snapshot. A table over several snapshots has
//! these in its own columns. In every other table they are those of the answering snapshot.

use crate::error::{Error, Result};
use crate::export::mask::Privacy;
use crate::model::{
    ADDED_COLUMNS, ColumnKind, ColumnSpec, DERIVED_VIEWS, FACTS, RESOURCES, ResourceSpec, Role, TAGS,
    account_tag, resource,
};
use crate::store::{Census, Table, TableColumn, TableKind, Tells, literal, quoted, tells};

use super::view_column::{entity_of, privacy_of};
use super::{Dataset, Field, FieldKind, Layout, Select, calendar};

/// The tables that the store itself records for each snapshot and that an export includes.
const RECORDED: [&str; 3] = ["snapshots", "coverage", "gaps"];

/// The options that the tables of an export depend on, besides the census.
#[derive(Debug, Clone, Default)]
pub struct DatasetOptions {
    /// The organization id in every row; `None` for an instance outside an organization.
    pub organization_id: Option<String>,
    /// The account tags that become columns of the views with added columns.
    pub tag_columns: Vec<TagColumn>,
    /// Includes every column about natural persons, instead of the named minimum alone.
    pub all_columns: bool,
    /// Set when values are masked. Descriptions then contain no values either.
    pub is_masked: bool,
}

/// An account tag that becomes a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagColumn {
    /// The key of the tag.
    pub key: String,
    /// The name of the column.
    pub name: String,
}

/// Returns every table of an export of the census, those with a file for each day first.
pub fn datasets(census: &Census, options: &DatasetOptions) -> Result<Vec<Dataset>> {
    let organization = options.organization_id.as_deref().map_or("NULL".to_owned(), literal);
    // The columns of an older file are typed as those of a new one. A view that the older file lacks is left out.
    let present = census.tables()?;
    let mut tables = Census::blank()?.tables()?;
    tables.retain(|table| present.iter().any(|one| one.name == table.name));
    let mut found = Vec::new();
    for table in &tables {
        let maker = Maker { table, organization: &organization, options };
        match table.kind {
            TableKind::Resource => {}
            TableKind::BySnapshot | TableKind::History => found.extend(maker.of_resource()),
            TableKind::Derived => found.extend(maker.of_view()),
            TableKind::SnapshotFact => found.extend(maker.of_facts()),
            TableKind::Changes => found.extend(maker.of_changes()),
            TableKind::Versions => {}
        }
    }
    found.push(calendar::dates(&organization));
    let metrics = DERIVED_VIEWS.iter().filter(|view| view.counted_from.is_some());
    for view in metrics.filter_map(|view| tables.iter().find(|table| table.name == view.name)) {
        found.push(calendar::metrics_daily(view, &organization));
    }
    for dataset in &found {
        for (place, field) in dataset.fields.iter().enumerate() {
            if dataset.fields[..place].iter().any(|other| other.name == field.name) {
                return Err(Error::usage(format!("{} has a column {} already", dataset.name, field.name))
                    .hint("give the tag's column another name: --tag-column KEY=NAME"));
            }
        }
    }
    found.sort_by_key(|dataset| dataset.layout != Layout::Daily);
    Ok(found)
}

/// Derives the table of an export from a table or view of the census.
struct Maker<'t> {
    table: &'t Table,
    organization: &'t str,
    options: &'t DatasetOptions,
}

impl Maker<'_> {
    /// Returns the table of a resource in each snapshot, or of all its versions.
    fn of_resource(&self) -> Option<Dataset> {
        let name = &self.table.name;
        let spec = ["_by_snapshot", "_history"].iter().find_map(|end| resource(name.strip_suffix(end)?))?;
        let is_history = self.table.kind == TableKind::History;
        let mut fields = match is_history {
            true => self.answering_prefix(),
            false => self.own_prefix("t"),
        };
        for column in spec.columns.iter().filter(|column| self.is_exported(column)) {
            // The table of the organization itself has its id already.
            if fields.iter().all(|field| field.name != column.name) {
                fields.push(of_column(column));
            }
        }
        if is_history {
            fields.extend(bounds(&completed("valid_from"), &completed("valid_to"), "t.valid_to IS NULL"));
            fields.extend(
                self.table
                    .columns
                    .iter()
                    .filter(|column| SEEN.contains(&column.name.as_str()))
                    .map(of_view_column),
            );
        }
        Some(Dataset {
            name: if is_history { name.clone() } else { spec.name.to_owned() },
            description: if is_history {
                self.table.description.clone()
            } else {
                spec.description.to_owned()
            },
            fields,
            layout: if is_history { Layout::All } else { Layout::Daily },
            resources: vec![spec],
            select: self.select(is_history),
        })
    }

    fn is_exported(&self, column: &ColumnSpec) -> bool {
        column.role != Role::Volatile && (self.options.all_columns || !is_withheld(column))
    }

    /// Returns the table of the changes of a resource at each snapshot.
    fn of_changes(&self) -> Option<Dataset> {
        let spec = resource(self.table.name.strip_suffix("_changes")?)?;
        let mut fields = self.own_prefix("t");
        // A row changes at most once in a snapshot, so the snapshot is part of the key.
        fields.iter_mut().filter(|field| field.name == "snapshot_id").for_each(|field| field.in_key = true);
        for column in &self.table.columns {
            let declared = spec.columns.iter().find(|one| one.name == column.name);
            let is_left_out = declared.is_some_and(|one| !self.is_exported(one));
            if is_left_out || fields.iter().any(|field| field.name == column.name) {
                continue;
            }
            let mut field = declared.map_or_else(|| of_view_column(column), of_column);
            if declared.is_none() && column.name == "fields" && !self.options.all_columns && withholds(spec) {
                field.expression = known_fields(spec);
            }
            fields.push(field);
        }
        Some(Dataset {
            name: self.table.name.clone(),
            description: self.table.description.clone(),
            fields,
            layout: Layout::All,
            resources: vec![spec],
            select: self.select(false),
        })
    }

    /// Returns the table of a derived view: of the answering snapshot, or of all snapshots.
    fn of_view(&self) -> Option<Dataset> {
        let name = self.table.name.as_str();
        let view = DERIVED_VIEWS.iter().find(|view| view.name == name);
        // Such a view has too many rows to export. The rows of each day are in effective_access.
        if view.is_some_and(|view| !view.asked_by.is_empty()) {
            return None;
        }
        let is_each = self.has("snapshot_id");
        let layout = if tells(name) == Tells::Answering { Layout::Newest } else { Layout::All };
        let mut fields = if is_each { self.own_prefix("t") } else { self.answering_prefix() };
        let is_history = !is_each && layout == Layout::All && self.has("gone_at");
        for column in &self.table.columns {
            if fields.iter().all(|field| field.name != column.name) {
                fields.push(of_view_column(column));
            }
        }
        // The column holds old and new values of any column, withheld ones too.
        let changed = fields.iter_mut().find(|field| field.name == "fields" && self.has("resource"));
        if let Some(field) = changed.filter(|_| !self.options.all_columns) {
            field.expression = changed_columns();
        }
        if is_history {
            fields.extend(bounds("t.first_seen_at", "t.gone_at", "t.gone_at IS NULL"));
        }
        let mut dataset = Dataset {
            name: name.to_owned(),
            description: self.table.description.clone(),
            fields,
            layout,
            resources: match view {
                Some(view) => view.resources(),
                None => RESOURCES.to_vec(),
            },
            select: self.select(!is_each),
        };
        self.add_columns(&mut dataset);
        Some(dataset)
    }

    /// Adds the columns that the view has only in an export.
    fn add_columns(&self, dataset: &mut Dataset) {
        let Some(added) = ADDED_COLUMNS.iter().find(|added| added.view == dataset.name) else { return };
        added.with.clone_into(&mut dataset.select.with);
        dataset.select.from = format!("{}\n{}", dataset.select.from, added.joins);
        let mut resources = added.resources.to_vec();
        for column in added.columns {
            let as_in_a_view = TableColumn {
                name: column.name.to_owned(),
                sql_type: column.sql_type.to_owned(),
                in_key: false,
                description: column.description.to_owned(),
            };
            dataset.fields.push(Field { expression: column.sql.to_owned(), ..of_view_column(&as_in_a_view) });
        }
        for tag in &self.options.tag_columns {
            dataset.fields.push(Field {
                name: tag.name.clone(),
                kind: FieldKind::Text,
                description: match self.options.is_masked {
                    true => "value of a tag of the account; NULL where it has none".to_owned(),
                    false => format!("value of the account's tag {}; NULL where it has none", tag.key),
                },
                in_key: false,
                privacy: Privacy::Text,
                entity: None,
                expression: account_tag(&literal(&tag.key)),
            });
            resources.push(TAGS);
        }
        let missing = |name: &&&str| dataset.resources.iter().all(|spec| spec.name != **name);
        let more: Vec<_> = resources.iter().filter(missing).filter_map(|name| resource(name)).collect();
        dataset.resources.extend(more);
    }

    /// Returns the table of facts that each snapshot records.
    fn of_facts(&self) -> Option<Dataset> {
        let name = self.table.name.as_str();
        let spec = FACTS.iter().find(|spec| spec.tables().any(|table| table == name));
        if spec.is_none() && !RECORDED.contains(&name) {
            return None;
        }
        let mut fields = self.own_prefix(if self.has("taken_at") { "t" } else { "s" });
        for column in &self.table.columns {
            if fields.iter().any(|field| field.name == column.name) {
                continue;
            }
            let declared = spec.and_then(|spec| spec.columns.iter().find(|one| one.name == column.name));
            fields.push(declared.map_or_else(|| of_view_column(column), of_column));
        }
        let join =
            if self.has("taken_at") { "" } else { "\nJOIN snapshots AS s ON s.snapshot_id = t.snapshot_id" };
        Some(Dataset {
            name: name.to_owned(),
            description: self.table.description.clone(),
            fields,
            layout: Layout::All,
            resources: Vec::new(),
            select: Select {
                with: String::new(),
                from: format!("FROM {} AS t{join}", quoted(name)),
                snapshot: None,
            },
        })
    }

    fn has(&self, column: &str) -> bool {
        self.table.columns.iter().any(|one| one.name == column)
    }

    fn select(&self, is_answering: bool) -> Select {
        let name = quoted(&self.table.name);
        let (from, snapshot) = match is_answering {
            true => (format!("FROM {name} AS t CROSS JOIN answering_snapshot AS n"), None),
            false => (format!("FROM {name} AS t"), Some("t.snapshot_id")),
        };
        Select { with: String::new(), from, snapshot }
    }

    /// Returns the first columns of a table over several snapshots. `times` is the alias of the table with the time of
    /// each.
    fn own_prefix(&self, times: &str) -> Vec<Field> {
        self.prefix("t", times)
    }

    /// Returns the first columns of a table of the answering snapshot.
    fn answering_prefix(&self) -> Vec<Field> {
        self.prefix("n", "n")
    }

    fn prefix(&self, snapshot: &str, times: &str) -> Vec<Field> {
        // The snapshot is part of the key of facts.
        let in_key = |name: &str| {
            self.table.kind == TableKind::SnapshotFact
                && self.table.columns.iter().any(|column| column.name == name && column.in_key)
        };
        let field = |name: &str, kind, description: &str, expression| Field {
            name: name.to_owned(),
            kind,
            description: description.to_owned(),
            in_key: in_key(name),
            privacy: privacy_of(name, kind),
            entity: None,
            expression,
        };
        vec![
            field("organization_id", FieldKind::Text, "id of the organization", self.organization.to_owned()),
            field("snapshot_id", FieldKind::Integer, "the snapshot", format!("{snapshot}.snapshot_id")),
            field("taken_at", FieldKind::Time, "time of its first call, UTC", format!("{times}.taken_at")),
        ]
    }
}

/// The columns that a version has in the census besides those of its resource.
const SEEN: [&str; 6] = ["not_before", "first_seen_at", "last_seen_at", "valid_from", "valid_to", "gone_at"];

/// Returns the SQL for the completion time of the snapshot that a version's bound names.
fn completed(bound: &str) -> String {
    format!("(SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = t.{bound})")
}

/// Returns the columns of the period in which a row held. A row belongs to a day if `valid_from_at` is before the day's
/// end and `valid_to_at` is not.
fn bounds(from: &str, to: &str, is_current: &str) -> Vec<Field> {
    let field = |name: &str, kind, description: &str, expression: &str| Field {
        name: name.to_owned(),
        kind,
        description: description.to_owned(),
        in_key: name == "valid_from_at",
        privacy: Privacy::Public,
        entity: None,
        expression: expression.to_owned(),
    };
    vec![
        field("valid_from_at", FieldKind::Time, "end of the first snapshot that saw it so, UTC", from),
        field(
            "valid_to_at",
            FieldKind::Time,
            "end of the first snapshot that no longer did, UTC; NULL while it holds",
            to,
        ),
        field("is_current", FieldKind::Boolean, "whether it holds in the newest snapshot", is_current),
    ]
}

/// Returns the field of a declared column.
fn of_column(column: &ColumnSpec) -> Field {
    Field {
        name: column.name.to_owned(),
        kind: match column.kind {
            ColumnKind::Integer => FieldKind::Integer,
            ColumnKind::Boolean => FieldKind::Boolean,
            ColumnKind::Time => FieldKind::Time,
            ColumnKind::Json => FieldKind::Json,
            ColumnKind::Document { .. } => FieldKind::Text,
            ColumnKind::Text | ColumnKind::Id(_) | ColumnKind::IdByType { .. } => FieldKind::Text,
        },
        description: column.description.to_owned(),
        in_key: column.role == Role::Key,
        privacy: match column.kind {
            ColumnKind::Integer | ColumnKind::Boolean | ColumnKind::Time => Privacy::Public,
            ColumnKind::Id(_) | ColumnKind::IdByType { .. } => Privacy::Id,
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Document { .. } if column.is_public => {
                Privacy::Public
            }
            ColumnKind::Text | ColumnKind::Json | ColumnKind::Document { .. } => Privacy::Text,
        },
        entity: match column.kind {
            ColumnKind::Id([entity]) => Some(*entity),
            _ => None,
        },
        expression: format!("t.{}", quoted(column.name)),
    }
}

/// Returns the field of a column of a view, or of a table that a migration describes. Its name tells what SQLite's type
/// does not.
fn of_view_column(column: &TableColumn) -> Field {
    let name = column.name.as_str();
    let is_number = column.sql_type == "INTEGER";
    let kind = match name {
        "not_before" => FieldKind::Time,
        "date" => FieldKind::Date,
        _ if name.ends_with("_at") => FieldKind::Time,
        _ if is_number && (is_flag(name) || column.description.starts_with("1 ")) => FieldKind::Boolean,
        _ if is_number => FieldKind::Integer,
        _ if column.description.contains("JSON") => FieldKind::Json,
        _ => FieldKind::Text,
    };
    Field {
        name: name.to_owned(),
        kind,
        description: column.description.clone(),
        in_key: column.in_key,
        privacy: privacy_of(name, kind),
        entity: entity_of(name),
        expression: format!("t.{}", quoted(name)),
    }
}

fn is_flag(name: &str) -> bool {
    name.starts_with("is_") || name.starts_with("has_")
}

/// Decides whether an export leaves the column out by default, because it tells more about a person than the identity.
fn is_withheld(column: &ColumnSpec) -> bool {
    column.is_personal && !column.is_basic && !column.is_label
}

/// Decides whether an export leaves out any column of the resource by default.
fn withholds(spec: &ResourceSpec) -> bool {
    spec.columns.iter().any(is_withheld)
}

/// Returns the SQL for the column `fields` of changes `t` of a resource, without the values of withheld columns.
fn known_fields(spec: &ResourceSpec) -> String {
    let withheld = spec.columns.iter().filter(|column| is_withheld(column));
    let names: Vec<_> = withheld.map(|column| literal(column.name)).collect();
    let names = names.join(", ");
    format!(
        "CASE WHEN t.fields IS NULL THEN NULL ELSE (SELECT json_group_object(f.key, json(f.value)) FROM json_each(t.fields) AS f WHERE f.key NOT IN ({names})) END"
    )
}

/// Returns the SQL for the column `fields` of changes `t` of any resource, without the values of withheld columns.
fn changed_columns() -> String {
    let of_resource =
        |spec: &&'static ResourceSpec| format!(" WHEN {} THEN ({})", literal(spec.name), known_fields(spec));
    let cases: String = RESOURCES.iter().filter(|spec| withholds(spec)).map(of_resource).collect();
    format!("CASE t.resource{cases} ELSE t.fields END")
}
