//! Repairs a staging with rows that a disk damaged: the listings that may have staged them run again, and the rest of
//! the collection stays.
//!
//! Neither the task of a damaged row nor other tasks that staged the same key can be told from the row. So every
//! listing of the table's resource runs again, and every step of the plan that followed from its rows. Other damage (in
//! a task, a choice, a scope) leaves no basis for a repair, and the collection begins again. So does one with trial
//! rows, which no scope covers.

use rusqlite::{Connection, TransactionBehavior};

use crate::error::Result;
use crate::model::{FACTS, RESOURCES};
use crate::store::file::{Doing, literal, quoted};

/// Returns the resources to list again, if that can repair these damaged tables.
pub(super) fn mendable(staging: &Connection, spoilt: &[String]) -> Result<Option<Vec<&'static str>>> {
    let resource = |table: &String| RESOURCES.iter().map(|spec| spec.name).find(|name| name == table);
    let Some(resources) = spoilt.iter().map(resource).collect::<Option<Vec<_>>>() else { return Ok(None) };
    let has_trial = "SELECT EXISTS (SELECT 1 FROM tasks WHERE NOT EXISTS (SELECT 1 FROM task_scopes WHERE task_scopes.task_id = tasks.task_id))";
    let has_trial: bool =
        staging.query_row(has_trial, [], |row| row.get(0)).doing("look for tasks without a scope")?;
    Ok((!has_trial).then_some(resources))
}

/// Removes the staged rows of the resources, and restarts every task that has a scope of them. Failed tasks stay
/// unchanged: their gaps hold.
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
    // A fact that such a task reported beside its rows (e.g. that a report was taken) no longer holds.
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
