//! Serves a simulated organization until it is interrupted, for trying the program by hand:
//!
//! ```text
//! cargo run --example simulate -- small
//! export AWS_ENDPOINT_URL=http://127.0.0.1:… AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any
//! cargo run -- doctor
//! ```
//!
//! The first argument is a size: default, demo, small, medium or large. With `throttled` after it, calls take 30 ms and
//! the quotas are those of AWS. Lines on standard input change the responses from then on:
//!
//! ```text
//! day 3                                      serve another day
//! deny identitystore:ListGroupMemberships    refuse an operation (of a service, or of all: sso-admin:*)
//! fail organizations:ListAccounts            respond to it with HTTP 503
//! heal                                       end all of these
//! ```

use std::error::Error;
use std::time::Duration;

use orgcensus::simulator::{Action, Config, Fault, Rates, Simulator};
use tokio::io::{AsyncBufReadExt, BufReader};

fn obey(simulator: &Simulator, line: &str) -> &'static str {
    match line.split_whitespace().collect::<Vec<_>>().as_slice() {
        ["day", day] => match day.parse() {
            Ok(day) => simulator.set_day(day),
            Err(_) => return "day takes a number",
        },
        ["deny", operation] => {
            simulator.faults().add(Fault::on(operation, Action::Denied { kms_reason: None }))
        }
        ["fail", operation] => simulator.faults().add(Fault::on(operation, Action::Status(503))),
        ["heal"] => simulator.faults().clear(),
        _ => return "day N, deny OPERATION, fail OPERATION or heal",
    }
    "done"
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut config = match std::env::args().nth(1).as_deref() {
        None | Some("default") => Config::default(),
        Some("demo") => Config::demo(),
        Some("small") => Config::small(),
        Some("medium") => Config::medium(),
        Some("large") => Config::large(),
        Some(other) => return Err(format!("no size `{other}`: default, demo, small, medium or large").into()),
    };
    if std::env::args().nth(2).as_deref() == Some("throttled") {
        config.latency = Duration::from_millis(30);
        config.throttling = Some(Rates::default());
    }
    let simulator = Simulator::start(config)?;
    println!("{}", simulator.endpoint());
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => return Ok(()),
            line = lines.next_line() => match line? {
                Some(line) => println!("{}", obey(&simulator, &line)),
                None => {
                    tokio::signal::ctrl_c().await?;
                    return Ok(());
                }
            },
        }
    }
}
