//! The tables about days: a date dimension, and the metrics of each day.

use crate::model::{METRIC_SOURCES, Metric, RESOURCES, ResourceSpec};
use crate::store::{Table, quoted};

use super::view_column::{entity_of, privacy_of};
use super::{Dataset, Field, FieldKind, Layout, Select};

/// Returns the first columns of a row about a day.
fn prefix(organization: &str) -> Vec<Field> {
    vec![
        field("date", FieldKind::Date, "the day, UTC", "d.date", true),
        field("organization_id", FieldKind::Text, "id of the organization", organization, false),
    ]
}

fn field(name: &str, kind: FieldKind, description: &str, expression: &str, in_key: bool) -> Field {
    Field {
        name: name.to_owned(),
        kind,
        description: description.to_owned(),
        in_key,
        privacy: privacy_of(name, kind),
        entity: entity_of(name),
        expression: expression.to_owned(),
    }
}

/// Returns the table of every day from the first snapshot to the last, including days without a snapshot.
pub(super) fn dates(organization: &str) -> Dataset {
    let number = |name: &str, description: &str, expression: &str| {
        field(name, FieldKind::Integer, description, &format!("CAST({expression} AS INTEGER)"), false)
    };
    let flag = |name: &str, description: &str, expression: &str| {
        field(name, FieldKind::Boolean, description, expression, false)
    };
    let date = |name: &str, description: &str, expression: &str| {
        field(name, FieldKind::Date, description, expression, false)
    };
    let mut fields = prefix(organization);
    fields.extend([
        number(
            "snapshot_id",
            "the snapshot that answers for the day: the last one completed by its end",
            "s.snapshot_id",
        ),
        field("taken_at", FieldKind::Time, "time of its first call, UTC", "s.taken_at", false),
        flag("has_snapshot", "whether a snapshot was completed on the day", "d.snapshots > 0"),
        number("snapshots", "number of snapshots that were completed on the day", "d.snapshots"),
        number("year", "the year", "strftime('%Y', d.date)"),
        number("quarter", "the quarter, 1 to 4", "(strftime('%m', d.date) + 2) / 3"),
        number("month", "the month, 1 to 12", "strftime('%m', d.date)"),
        number("day", "the day of the month", "strftime('%d', d.date)"),
        number("iso_year", "the year that the ISO week belongs to", "strftime('%G', d.date)"),
        number("iso_week", "the ISO week, 1 to 53", "strftime('%V', d.date)"),
        number("weekday", "the day of the week, 1 for Monday to 7", "strftime('%u', d.date)"),
        date("week_start", "the Monday of the week", "date(d.date, '-6 days', 'weekday 1')"),
        date("month_start", "the first day of the month", "date(d.date, 'start of month')"),
        flag("is_weekend", "whether it is a Saturday or a Sunday", "strftime('%u', d.date) > '5'"),
        flag(
            "is_month_end",
            "whether it is the last day of its month",
            "strftime('%d', d.date, '+1 day') = '01'",
        ),
    ]);
    Dataset {
        name: "dates".to_owned(),
        description: "Every day from the first snapshot to the last, with the snapshot that answers for it: join by date.".to_owned(),
        fields,
        layout: Layout::All,
        resources: Vec::new(),
        select: Select {
            with: "RECURSIVE days (date, last) AS (
    SELECT min(substr(completed_at, 1, 10)), max(substr(completed_at, 1, 10)) FROM snapshots
    UNION ALL
    SELECT date(d.date, '+1 day'), d.last FROM days AS d WHERE d.date < d.last
)"
            .to_owned(),
            from: "FROM (
    SELECT d.date, (SELECT count(*) FROM snapshots AS c WHERE substr(c.completed_at, 1, 10) = d.date) AS snapshots,
        (SELECT max(c.snapshot_id) FROM snapshots AS c WHERE substr(c.completed_at, 1, 10) <= d.date) AS answering
    FROM days AS d WHERE d.date IS NOT NULL
) AS d
LEFT JOIN snapshots AS s ON s.snapshot_id = d.answering"
                .to_owned(),
            snapshot: None,
        },
    }
}

/// Returns the table of the metrics of each day with a snapshot. `metrics` is the view of the metrics of each snapshot.
///
/// A count of a state is that of the day's last snapshot. A count of changes is the sum over all snapshots of the day.
pub(super) fn metrics_daily(metrics: &Table, organization: &str) -> Dataset {
    let is_state = |name: &str| Metric::ALL.iter().any(|metric| metric.column() == name);
    let mut fields = prefix(organization);
    // A day has one row for the organization and one for each account, so the date is no key.
    fields.iter_mut().for_each(|field| field.in_key = false);
    for column in &metrics.columns {
        let name = column.name.as_str();
        let is_flow = column.sql_type == "INTEGER" && !is_state(name) && name != "snapshot_id";
        let (kind, expression) = match name {
            "taken_at" => (FieldKind::Time, "m.taken_at".to_owned()),
            // A sum with an unknown part is unknown.
            _ if is_flow => (FieldKind::Integer, format!("f.{}", quoted(name))),
            _ if column.sql_type == "INTEGER" => (FieldKind::Integer, format!("m.{}", quoted(name))),
            _ => (FieldKind::Text, format!("m.{}", quoted(name))),
        };
        let description = match is_flow {
            true => format!("{}; of all snapshots of the day", column.description),
            false => column.description.clone(),
        };
        fields.push(field(name, kind, &description, &expression, false));
    }
    let sums: String = metrics
        .columns
        .iter()
        .filter(|column| {
            column.sql_type == "INTEGER" && !is_state(&column.name) && column.name != "snapshot_id"
        })
        .map(|column| {
            let name = quoted(&column.name);
            format!(", CASE WHEN count(w.{name}) = count(*) THEN sum(w.{name}) END AS {name}")
        })
        .collect();
    let resources: Vec<&'static ResourceSpec> =
        RESOURCES.iter().copied().filter(|spec| METRIC_SOURCES.resources.contains(&spec.name)).collect();
    let name = quoted(&metrics.name);
    Dataset {
        name: "metrics_daily".to_owned(),
        description: "The counts of each day with a snapshot, for the organization and for each account. NULL is not known.".to_owned(),
        fields,
        layout: Layout::All,
        resources,
        select: Select {
            with: format!(
                "days AS MATERIALIZED (
    SELECT d.date, (SELECT max(c.snapshot_id) FROM snapshots AS c WHERE substr(c.completed_at, 1, 10) <= d.date) AS answering
    FROM (SELECT DISTINCT substr(completed_at, 1, 10) AS date FROM snapshots) AS d
),
flows AS MATERIALIZED (
    SELECT substr(s.completed_at, 1, 10) AS date, w.account_id{sums}
    FROM {name} AS w JOIN snapshots AS s ON s.snapshot_id = w.snapshot_id
    GROUP BY substr(s.completed_at, 1, 10), w.account_id
)"
            ),
            from: format!(
                "FROM days AS d
JOIN {name} AS m ON m.snapshot_id = d.answering
LEFT JOIN flows AS f ON f.date = d.date AND f.account_id IS m.account_id"
            ),
            snapshot: None,
        },
    }
}
