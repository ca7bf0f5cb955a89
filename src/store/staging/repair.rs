//! What becomes of staged rows that a disk has spoilt: the listings that may have staged them are asked again, and
//! the rest of the collection stays.
//!
//! Which task a spoilt row was of cannot be told from the row, nor whether others had staged the same key before. So
//! every listing of the table's resource is asked again, and every step of the plan that followed from its rows is
//! taken again. Whatever else does not fit (a task, a choice, a scope) leaves nothing to go by: such a collection
//! begins anew, and so does one whose trial rows no scope tells of.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Result;
use crate::model::{FACTS, RESOURCES};
use crate::store::file::{Doing, literal, quoted};

/// The resources whose staged rows are asked for again, if these spoilt tables can be mended so.
pub(super) fn mendable(staging: &Connection, spoilt: &[String]) -> Result<Option<Vec<&'static str>>> {
    let resource = |table: &String| RESOURCES.iter().map(|spec| spec.name).find(|name| name == table);
    let Some(resources) = spoilt.iter().map(resource).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let has_trial = "SELECT EXISTS (SELECT 1 FROM tasks WHERE NOT EXISTS (SELECT 1 FROM task_scopes WHERE task_scopes.task_id = tasks.task_id))";
    let has_trial: bool =
        staging.query_row(has_trial, [], |row| row.get(0)).doing("look for tasks without a scope")?;
    Ok((!has_trial).then_some(resources))
}

/// Forgets the staged rows of the resources, and has every task that has a scope of them begin again. Tasks that
/// failed stay what they are: their gaps hold.
pub(super) fn ask_again(staging: &mut Connection, resources: &[&str]) -> Result<()> {
    let mut script = String::from(
        "CREATE TEMP TABLE asked_again (task_id INTEGER PRIMARY KEY);
         DELETE FROM notes WHERE name GLOB 'planned:*';\n",
    );
    for resource in resources {
        let (table, name) = (quoted(resource), literal(resource));
        script.push_str(&format!(
            "INSERT OR IGNORE INTO temp.asked_again
             SELECT task_id FROM tasks JOIN task_scopes USING (task_id)
             WHERE resource = {name} AND state IN ('open', 'done', 'gone', 'moot');
             DELETE FROM {table};
             DELETE FROM seen WHERE resource = {name};
             DELETE FROM doubles WHERE resource = {name};\n"
        ));
    }
    // What a task told beside its rows (that a report was taken) no longer holds.
    for spec in FACTS {
        let table = quoted(spec.name);
        script.push_str(&format!(
            "DELETE FROM {table} WHERE task_id IN (SELECT task_id FROM temp.asked_again);\n"
        ));
    }
    script.push_str(
        "DELETE FROM tokens WHERE task_id IN (SELECT task_id FROM temp.asked_again);
         UPDATE tasks SET state = 'open', next_token = NULL, left_out = NULL
         WHERE task_id IN (SELECT task_id FROM temp.asked_again);
         DROP TABLE temp.asked_again;",
    );
    let mut mend = || {
        let transaction = staging.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(&script)?;
        transaction.commit()
    };
    mend().doing("ask again for what is damaged")
}
