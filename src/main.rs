//! Parse, run, print the error and its hints, exit code.

use std::ffi::OsString;
use std::process::ExitCode;

use orgcensus::cli::{self, Cli};
use orgcensus::invocation;
use orgcensus::output::stderr::{self, Color};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::Layer;
use tracing_subscriber::field::MakeExt;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::{format, layer};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

fn main() -> ExitCode {
    // The runtime ignores SIGPIPE, so a closed pipe is an error like any other. `output` turns it into a silent end.
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let cli = match Cli::read(arguments.clone()) {
        Ok(cli) => cli,
        Err(refusal) => {
            // Help and version are no errors, but arrive here.
            stderr::configure(false, Color::Auto);
            return cli::print_refusal(&refusal).into();
        }
    };
    stderr::configure(cli.global.quiet, cli.global.color);
    let cli = match cli.with_config(&arguments) {
        Ok(cli) => cli,
        Err(error) => {
            stderr::print_error(&error);
            return error.exit_status().into();
        }
    };
    invocation::configure(cli.db_option());
    log_to_standard_error(cli.global.verbose);
    match cli::run(cli) {
        Ok(status) => status.into(),
        Err(error) => {
            stderr::print_error(&error);
            error.exit_status().into()
        }
    }
}

/// Logs to standard error: `-v` logs failed calls and how names were resolved, `-vv` every call. ORGCENSUS_LOG
/// overrides this with a filter such as `orgcensus=debug`.
///
/// The libraries below are never logged, whatever the filter says. The SDK logs complete requests and responses, with
/// external ids and session tokens, and the lines of profiles with their keys.
fn log_to_standard_error(verbose: u8) {
    let directives = match verbose {
        0 => "off",
        1 => "orgcensus=info",
        2 => "orgcensus=debug",
        _ => "orgcensus=trace",
    };
    let filter = EnvFilter::try_from_env("ORGCENSUS_LOG").unwrap_or_else(|_| EnvFilter::new(directives));
    let is_ours = filter_fn(|about| about.target().split("::").next() == Some("orgcensus"));
    let log = layer()
        .with_writer(std::io::stderr)
        // The log contains the user's input and AWS's responses, so control characters are filtered.
        .fmt_fields(format::debug_fn(stderr::write_log_field).delimited(" "))
        .with_ansi(stderr::is_colored())
        .with_filter(is_ours);
    tracing_subscriber::registry().with(filter).with(log).init();
}
