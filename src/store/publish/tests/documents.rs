//! Tests that a document in another spelling is no change.

use super::*;

const ARN: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-1";

fn policy(name: &str, document: &str) -> Row {
    let key = [("permission_set_arn", ARN), ("kind", "inline"), ("policy", "inline")];
    let columns = [&key[..], &[("policy_name", name), ("document", document)]].concat();
    row("permission_set_policies", &columns)
}

fn actions(actions: &str) -> String {
    format!(r#"{{"Statement":[{{"Effect":"Allow","Action":{actions},"Resource":"*"}}]}}"#)
}

fn publish(world: &mut World, row: Row) -> i64 {
    let mut collection = world.collect();
    collection.listed(&[all("permission_sets")], vec![permission_set(ARN)]);
    let published = collection.listed(&[all("permission_set_policies")], vec![row]).publish();
    published.resources.iter().find(|one| one.resource == "permission_set_policies").unwrap().changed
}

const VERSIONS: &str = "SELECT policy_name || ' ' || valid_from || ' ' || document
                        FROM permission_set_policies_versions ORDER BY valid_from";
const FIELDS: &str = "SELECT snapshot_id || ' ' || fields FROM changes ORDER BY snapshot_id";

#[test]
fn first_spelling_stays() {
    let mut world = World::claimed();
    let (first, again, other) =
        (actions(r#"["s3:Get","s3:Put"]"#), actions(r#"["S3:put","s3:Get"]"#), actions(r#""s3:*""#));
    publish(&mut world, policy("a", &first));
    assert_eq!(publish(&mut world, policy("a", &again)), 0);
    assert_eq!(world.column(VERSIONS), [format!("a 1 {first}")]);
    assert_eq!(world.column(FIELDS), Vec::<String>::new());
    // A change of another column begins a new version, with the document in its current spelling.
    assert_eq!(publish(&mut world, policy("b", &again)), 1);
    assert_eq!(world.column(VERSIONS), [format!("a 1 {first}"), format!("b 3 {again}")]);
    assert_eq!(world.column(FIELDS), [r#"3 {"policy_name":{"old":"a","new":"b"}}"#]);
    assert_eq!(publish(&mut world, policy("b", &other)), 1);
    assert!(world.column(FIELDS)[1].starts_with(r#"4 {"document":{"old":"#), "{:?}", world.column(FIELDS));
    world.census().verify().unwrap();
    // Pruning removes the snapshots in between. Each remaining snapshot keeps its own document.
    world.database.prune(&[2, 3]).unwrap();
    assert_eq!(world.column(VERSIONS), [format!("a 1 {first}"), format!("b 4 {other}")]);
    world.census().verify().unwrap();
}

#[test]
fn without_a_hash_a_document_stands_for_itself() {
    let mut world = World::claimed();
    let (first, again) = (actions(r#"["a","b"]"#), actions(r#"["b","a"]"#));
    publish(&mut world, policy("a", &first));
    let unhashed = "UPDATE permission_set_policies_versions SET document_hash = NULL";
    world.database.connection().execute(unhashed, []).unwrap();
    assert!(world.census().verify().unwrap_err().to_string().contains("the hash beside document"));
    // If equality is in doubt, the document counts as changed.
    assert_eq!(publish(&mut world, policy("a", &again)), 1);
    assert_eq!(world.column("SELECT change FROM permission_set_policies_changes"), ["changed"]);
}

#[test]
fn migrated_where_it_was_not_hashed() {
    let mut world = World::claimed();
    let (first, again) = (actions(r#"["a","b"]"#), actions(r#"["b","a"]"#));
    publish(&mut world, policy("a", &first));
    crate::store::schema::downgrade(world.database.connection(), 4);
    assert_eq!(column(world.census().connection(), FIELDS), Vec::<String>::new());
    (world.database, _) = Database::open_or_create(&world.path).unwrap();
    world.census().verify().unwrap();
    assert_eq!(publish(&mut world, policy("a", &again)), 0);
    assert_eq!(world.column(VERSIONS), [format!("a 1 {first}")]);
}
