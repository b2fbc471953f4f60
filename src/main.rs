//! The exit status and the last error.

use std::io::Write;
use std::process::ExitCode;

use netlab::cli;

fn main() -> ExitCode {
    // A process that only waits needs no command line parser.
    if let Some(stay) = cli::pause::asked() {
        stay();
    }
    // For a panic, which is a bug. What is foreseen is an `Error` and takes no backtrace.
    let hook = color_eyre::config::HookBuilder::default()
        .panic_section("This is a bug in netlab. `netlab down --all` removes every lab, whatever state it is in.")
        .display_env_section(false)
        .theme(cli::theme());
    if let Err(report) = hook.install() {
        eprintln!("warning: {report}");
    }
    cli::run().unwrap_or_else(|error| {
        let stderr = std::io::stderr();
        let text = error.render(cli::columns(&stderr), cli::colors(&stderr));
        // Nobody is left to tell when standard error is closed.
        let _ = writeln!(std::io::stderr(), "{text}");
        ExitCode::from(error.status as u8)
    })
}
