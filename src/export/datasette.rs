//! Datasette's metadata of a flat file: descriptions, facets, and the canned queries.

use serde_json::{Map, Value, json};

use super::dataset::{Dataset, FieldKind};
use super::dialect::{for_older_sqlite, with_defaults};
use super::mask::Privacy;
use super::query_views::empty_tables;
use crate::query::catalog;

/// The maximum number of facets of a table. Each one costs a query when the page is shown.
const MOST_FACETS: usize = 4;

/// Returns the metadata for a file that Datasette calls `database`. A query is left out if it reads a table or column
/// that the file does not have, or calls a function of this program. Parameters without a default are shown as ids.
pub fn metadata(database: &str, datasets: &[Dataset]) -> Value {
    let tables: Map<String, Value> =
        datasets.iter().map(|dataset| (dataset.name.clone(), table(dataset))).collect();
    let empty = empty_tables(datasets);
    // A flat file has one snapshot, and does not have this view.
    empty.execute_batch("DROP VIEW answering_snapshot").expect("it was just made");
    let queries: Map<String, Value> = catalog()
        .iter()
        .filter_map(|query| {
            let sql = for_older_sqlite(&with_defaults(query));
            empty.prepare(&sql).ok()?;
            let header = &query.header;
            let mut description = header.description.clone();
            for parameter in header.parameters.iter().filter(|parameter| parameter.default.is_none()) {
                description += &format!(" {}: {}.", parameter.name, parameter.description);
            }
            Some((
                query.name.clone(),
                json!({ "title": header.title, "description": description, "sql": sql }),
            ))
        })
        .collect();
    json!({
        "title": "Access in the AWS organization",
        "description": "The table about says of which snapshot the file is, and what that did not see: no rows there do not mean none.",
        "databases": { database: { "tables": tables, "queries": queries } },
    })
}

fn table(dataset: &Dataset) -> Value {
    let columns: Map<String, Value> = dataset
        .fields
        .iter()
        .filter(|field| !field.description.is_empty())
        .map(|field| (field.name.clone(), field.description.as_str().into()))
        .collect();
    // Words of AWS and of this program have few distinct values. Names and ids have many.
    let facets: Vec<&str> = dataset
        .fields
        .iter()
        .filter(|field| match field.kind {
            FieldKind::Boolean => true,
            FieldKind::Text => field.privacy == Privacy::Public && !field.in_key,
            FieldKind::Json | FieldKind::Integer | FieldKind::Time | FieldKind::Date => false,
        })
        .map(|field| field.name.as_str())
        .take(MOST_FACETS)
        .collect();
    json!({ "description": dataset.description, "columns": columns, "facets": facets })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::export::dataset::{DatasetOptions, datasets};
    use crate::store::Census;

    #[test]
    fn tables_and_queries_are_described() {
        let options = DatasetOptions { all_columns: true, ..DatasetOptions::default() };
        let found = datasets(&Census::blank().unwrap(), &options).unwrap();
        let told = metadata("flat", &found);
        let of = &told["databases"]["flat"];
        assert_eq!(of["tables"].as_object().unwrap().len(), found.len());
        let user = &of["tables"]["users"];
        assert_eq!(user["facets"], json!(["user_status"]));
        assert!(user["columns"]["user_name"].as_str().unwrap().len() > 4);
        let queries = of["queries"].as_object().unwrap();
        assert!(queries.len() > 60 && !queries.contains_key("scope-rules"), "{}", queries.len());
        assert!(queries["user-access"]["sql"].as_str().unwrap().contains(":user"));
        assert!(!queries["privileged-access"]["sql"].as_str().unwrap().contains(":level"));
    }
}
