//! The program and the other tools, directed to a simulation.

use std::path::Path;
use std::process::Command;

use orgcensus::aws::{Service, quota_of};

/// Removes this machine's AWS configuration from a command, and sets the endpoint and made-up keys.
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

/// Returns `orgcensus collect` into a folder, without rates.
pub fn collect(endpoint: &str, folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_orgcensus"));
    command.args(["collect", "--quiet", "--db"]).arg(folder.join("orgcensus.db"));
    pointed_at(endpoint, &mut command);
    command
}

/// Returns `--rate` for every service: the program's own rates times a factor.
pub fn times(factor: f64) -> Vec<String> {
    let rate =
        |service: Service| format!("--rate={}={}", service.name(), quota_of(service).per_second * factor);
    // At AWS's own rates the program needs no options.
    if factor == 1.0 { Vec::new() } else { Service::ALL.map(rate).into() }
}

/// Returns `--rate` options without any limit in practice.
pub fn unpaced() -> Vec<String> {
    Service::ALL.map(|service| format!("--rate={}=100000", service.name())).into()
}
