//! The exit status and the last error.

use std::io::Write;
use std::process::ExitCode;

use netlab::cli;
use netlab::error::Error;

fn main() -> ExitCode {
    // A process that only waits needs no command line parser.
    if let Some(stay) = cli::pause::asked() {
        stay();
    }
    let outcome = color_eyre::config::HookBuilder::default()
        .panic_section("This is a bug in netlab. `netlab down --all` removes every lab, whatever state it is in.")
        .display_env_section(false)
        .theme(cli::theme())
        .install()
        .and_then(|()| cli::run());
    match outcome {
        Ok(code) => code,
        Err(report) => {
            let stderr = std::io::stderr();
            let (text, status) = match report.downcast_ref::<Error>() {
                Some(error) => (error.render(cli::columns(&stderr), cli::colors(&stderr)), error.status as u8),
                None => (format!("error: {report:#}"), 3),
            };
            // Nobody is left to tell when standard error is closed.
            let _ = writeln!(std::io::stderr(), "{text}");
            ExitCode::from(status)
        }
    }
}
