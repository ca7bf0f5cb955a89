//! Tasks that are asked in each account, with the role assumed there.

use std::collections::BTreeMap;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use super::*;
use crate::aws::caller;
use crate::collect::accounts_asked::AccountsAsked;
use crate::collect::collector::{Collector, Page, Stage, Stopped};
use crate::model::{Account, Entity, Resource, Row, Tag};
use crate::simulator::{Action, Fault};

/// The name of the role in each account.
const ROLE: &str = "OrgCensusAudit";

/// Asks in an account for the caller's identity.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::collect) struct AskAccount {
    account_id: String,
}

impl Collector for AskAccount {
    type Rows = Tag;
    const OPERATION: Operation = Operation::GetCallerIdentity;
    const IN: In = In::EachAccount;
    const FOR_EACH: ForEach = ForEach::Any(&[&Account::SPEC]);
    const PART: Option<(&'static str, &'static str)> = Some(("key", "caller"));
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    // Tests that name no role ask in no account.
    fn of(row: &Row, context: &Context) -> Option<Self> {
        context.accounts.role()?;
        context.account_to_ask(row).map(|account_id| Self { account_id })
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Account, &self.account_id)]
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let caller = caller(&context.aws).await?;
        let row = Tag {
            resource_type: Entity::Account.as_str(),
            resource_id: self.account_id.clone(),
            key: "caller".to_owned(),
            value: caller.arn,
        };
        // Two pages, so that a session is used again.
        let next_token = token.is_none().then(|| "second".to_owned());
        Ok(Page { next_token, ..Page::row(&row) })
    }
}

/// The callers by account, the failures by account, and the end of the run.
type Asked = (BTreeMap<String, String>, BTreeMap<String, String>, Ended);

async fn ask(simulator: &Simulator) -> Asked {
    let by_role = AccountsAsked::ByRole { role: ROLE.parse().unwrap(), places: Vec::new() };
    let selection = selection(&["accounts", "tags"], &["permission_sets"], StrategyChoice::Pairs);
    let selection = selection.in_accounts(by_role).unwrap();
    collected(simulator, ConnectionOptions::default(), &selection, |staging, ended| {
        let pairs = |sql: &str| -> BTreeMap<String, String> {
            let mut statement = staging.connection().prepare(sql).unwrap();
            let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
            rows.collect::<rusqlite::Result<_>>().unwrap()
        };
        let asked = pairs("SELECT resource_id, value FROM tags WHERE key = 'caller'");
        let failed = pairs(
            "SELECT body ->> 'account_id', concat_ws(' ', state, failure_kind, error_code, lane) FROM tasks
             WHERE kind = 'ask_account' AND state <> 'done'",
        );
        (asked, failed, ended)
    })
    .await
}

/// The active accounts, in which alone a session can begin.
fn accounts(simulator: &Simulator) -> Vec<String> {
    let mut accounts = simulator.rows(0, "accounts", Default::default());
    accounts.retain(|row| row["state"] == "ACTIVE");
    accounts.iter().map(|row| row["account_id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_is_assumed_once_in_each_account() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let (asked, failed, ended) = ask(&simulator).await;
    assert!(matches!(ended, Ended::Finished), "{ended:?}");
    let own = simulator.management_account_id();
    let (own_arn, others): (Vec<_>, Vec<_>) = asked.into_iter().partition(|(id, _)| *id == own);
    assert!(matches!(&own_arn[..], [(_, arn)] if !arn.contains(ROLE)), "{own_arn:?}");
    let expected = accounts(&simulator).into_iter().filter(|id| *id != own);
    let expected: Vec<_> =
        expected.map(|id| (id.clone(), format!("arn:aws:sts::{id}:assumed-role/{ROLE}/orgcensus"))).collect();
    let others: BTreeMap<_, _> = others.into_iter().collect();
    assert_eq!((others, failed), (expected.into_iter().collect(), BTreeMap::new()));
    assert_eq!(simulator.calls().count("AssumeRole"), accounts(&simulator).len() - 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_role_hides_its_account_alone() {
    let simulator = Simulator::start(Config::default()).unwrap();
    let mut accounts = accounts(&simulator);
    accounts.retain(|id| *id != simulator.management_account_id());
    // More denied accounts than the number of refusals that stops a kind of task.
    let (refused, open) = accounts.split_at(9);
    for account in refused {
        simulator
            .faults()
            .add(Fault::on("AssumeRole", Action::Denied { kms_reason: None }).containing(account));
    }
    let (asked, failed, ended) = ask(&simulator).await;
    assert!(matches!(ended, Ended::Finished), "{ended:?}");
    let expected = refused.iter().map(|id| (id.clone(), format!("gap denied AccessDenied sts@{id}")));
    assert_eq!(failed, expected.collect());
    assert_eq!(asked.into_keys().collect::<Vec<_>>(), {
        let mut open = [open, &[simulator.management_account_id()]].concat();
        open.sort();
        open
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn expired_credentials_are_no_gap_of_an_account() {
    let simulator = Simulator::start(Config::default()).unwrap();
    simulator.faults().add(Fault::on("AssumeRole", Action::ExpiredCredentials).from_call(3));
    let (_, failed, ended) = ask(&simulator).await;
    let Ended::Stopped(error) = ended else { panic!("{ended:?}") };
    assert!(error.to_string().contains("credentials"), "{error}");
    assert!(failed.values().all(|failure| failure.starts_with("open")), "{failed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_throttled_role_is_asked_for_again() {
    let simulator = Simulator::start(Config::default()).unwrap();
    simulator.faults().add(Fault::on("AssumeRole", Action::Throttle { retry_after_seconds: None }).times(10));
    let (asked, failed, ended) = ask(&simulator).await;
    assert!(matches!(ended, Ended::Finished), "{ended:?}");
    assert_eq!((asked.len(), failed), (accounts(&simulator).len(), BTreeMap::new()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_role_that_fails_in_passing_is_no_end() {
    for action in [Action::Reset, Action::Status(503), Action::MalformedBody, Action::Hang] {
        let name = format!("{action:?}");
        let simulator = Simulator::start(Config::default()).unwrap();
        simulator.faults().add(Fault::on("AssumeRole", action).times(3));
        let (asked, failed, ended) = ask(&simulator).await;
        assert!(matches!(ended, Ended::Finished), "{name}: {ended:?}");
        assert_eq!((asked.len(), failed), (accounts(&simulator).len(), BTreeMap::new()), "{name}");
    }
}

/// The cost of each account does not grow with their number. This is a measurement:
/// `cargo test --release --lib -- --ignored --nocapture thousands_of_accounts`
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement, of minutes"]
async fn thousands_of_accounts() {
    for accounts in [500, 5_000] {
        let size = crate::simulator::Size { accounts, ..Config::default().size };
        let simulator = Simulator::start(Config { size, short_pages: None, ..Config::default() }).unwrap();
        let begun = Instant::now();
        let (asked, failed, ended) = ask(&simulator).await;
        let each = begun.elapsed() / u32::try_from(asked.len()).unwrap();
        assert!(matches!(ended, Ended::Finished) && failed.is_empty(), "{ended:?} {failed:?}");
        println!("{} accounts: {each:?} each, {:?} in all", asked.len(), begun.elapsed());
    }
}
