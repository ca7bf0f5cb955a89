//! The program itself and its rivals, told to call a simulation.

use std::path::Path;
use std::process::Command;

use orgcensus::aws::{Service, quota_of};

/// Gives a command nothing of this machine's AWS configuration, but the endpoint and made-up keys.
pub fn pointed_at<'a>(endpoint: &str, command: &'a mut Command) -> &'a mut Command {
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("AWS_") {
            command.env_remove(name);
        }
    }
    command
        .env("AWS_ENDPOINT_URL", endpoint)
        .env("AWS_ACCESS_KEY_ID", "AKIABENCHBENCHBENCH0")
        .env("AWS_SECRET_ACCESS_KEY", "made-up")
        .env("AWS_REGION", "us-east-1")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_CONFIG_FILE", "/nonexistent")
        .env("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
        .env("AWS_EC2_METADATA_DISABLED", "true")
}

/// `orgcensus collect` into a folder; rates come on top.
pub fn collect(endpoint: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgcensus"));
    command.args(["collect", "--quiet", "--db"]).arg(folder.join("orgcensus.db"));
    pointed_at(endpoint, &mut command);
    command
}

/// `--rate` for every service: the program's own, so many times.
pub fn times(factor: f64) -> Vec<String> {
    let rate =
        |service: Service| format!("--rate={}={}", service.name(), quota_of(service).per_second * factor);
    // At AWS's own rates the program needs to be told nothing.
    if factor == 1.0 { Vec::new() } else { Service::ALL.map(rate).into() }
}

/// `--rate` that holds nothing back.
pub fn unpaced() -> Vec<String> {
    Service::ALL.map(|service| format!("--rate={}=100000", service.name())).into()
}
