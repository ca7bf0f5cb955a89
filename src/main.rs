//! Parse, run, print the error and its hints, exit code.

use std::process::ExitCode;

use orgcensus::cli::{self, Cli};
use orgcensus::error::ExitStatus;
use orgcensus::invocation;
use orgcensus::output::words;
use tracing_subscriber::EnvFilter;

fn main() -> ExitCode {
    // The runtime ignores SIGPIPE, so a reader that goes away is an error like any other, and `output`
    // turns it into a quiet end.
    let cli = match Cli::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version are no errors, but come this way; a closed pipe is no reason to fail.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Done }.into();
        }
    };
    words::configure(cli.global.quiet, cli.global.color);
    invocation::configure(cli.db_option());
    log_to_standard_error(cli.global.verbose);
    match cli::run(cli) {
        Ok(status) => status.into(),
        Err(error) => {
            words::print_error(&error);
            error.exit_status().into()
        }
    }
}

/// `-v` logs failed calls and how names were understood, `-vv` every call, `-vvv` the SDK too; ORGCENSUS_LOG
/// overrides with a filter such as `orgcensus=debug`.
fn log_to_standard_error(verbose: u8) {
    let directives = match verbose {
        0 => "off",
        1 => "orgcensus=info",
        2 => "orgcensus=debug",
        _ => "orgcensus=trace,info",
    };
    let filter = EnvFilter::try_from_env("ORGCENSUS_LOG").unwrap_or_else(|_| EnvFilter::new(directives));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(words::is_colored())
        .init();
}
