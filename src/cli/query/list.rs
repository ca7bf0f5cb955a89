//! `query --list`: lists the canned queries by family.

use std::io;

use rusqlite::types::Value;

use crate::error::Result;
use crate::output::{Destination, Format, Ink, Page, RowWriter, write_error};
use crate::query::{CannedQuery, Family};

/// The column of the titles. A query's name and parameters stand before it, or on a line of their own if longer.
const TITLES: usize = 32;

/// Writes the queries of one family or of all: by family with an example of each for people, or else as rows.
pub(super) fn write(
    queries: &[CannedQuery],
    family: Option<Family>,
    format: Format,
    destination: &mut Destination,
) -> Result<()> {
    let is_asked = |query: &&CannedQuery| family.is_none() || query.header.family == family;
    let mut queries: Vec<_> = queries.iter().filter(is_asked).collect();
    queries.sort_by_key(|query| (query.header.family, query.name.clone()));
    match format {
        Format::Table => by_family(&queries, &mut destination.page(false)).map_err(write_error),
        _ => as_rows(&queries, format, destination),
    }
}

fn by_family(queries: &[&CannedQuery], page: &mut Page<'_>) -> io::Result<()> {
    for (place, of_family) in queries.chunk_by(|a, b| a.header.family == b.header.family).enumerate() {
        if place > 0 {
            page.blank()?;
        }
        if let Some(family) = of_family[0].header.family {
            page.line(Ink::Plain, &format!("{}: {}", family.name(), family.title()))?;
        }
        for query in of_family {
            let (usage, title) = (query.usage(), &query.header.title);
            if usage.chars().count() + 4 > TITLES {
                page.line(Ink::Plain, &format!("  {usage}"))?;
                page.line(Ink::Plain, &format!("{:TITLES$}{title}", ""))?;
            } else {
                page.line(Ink::Plain, &format!("  {usage:0$}{title}", TITLES - 2))?;
            }
        }
        if let Some(example) = of_family.iter().find_map(|query| query.example()) {
            page.line(Ink::Plain, &format!("  e.g. orgcensus query {example}"))?;
        }
    }
    Ok(())
}

fn as_rows(queries: &[&CannedQuery], format: Format, destination: &mut Destination) -> Result<()> {
    let columns = ["query", "values", "title", "during", "family", "example"];
    let mut writer = RowWriter::begin(format, columns, destination)?;
    let text = |text: &str| Value::Text(text.to_owned());
    for query in queries {
        let takes = Some(query.takes()).filter(|takes| !takes.is_empty());
        let during = if query.header.not_during.is_none() { "yes" } else { "no" };
        writer.values(&[
            text(&query.name),
            takes.map_or(Value::Null, Value::Text),
            text(&query.header.title),
            text(during),
            query.header.family.map_or(Value::Null, |family| text(family.name())),
            query.example().map_or(Value::Null, Value::Text),
        ])?;
    }
    writer.finish()?;
    Ok(())
}
