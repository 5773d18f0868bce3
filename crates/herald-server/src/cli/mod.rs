//! The commands. Exit codes: 0 good, 1 what was asked for failed or what was checked is bad, 2 wrong use.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "commands talk to the terminal")]

mod config;
mod keys;
mod notifications;
mod openapi;
mod remote;
mod sandbox;
mod serve;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

/// One login API and one notify API, whatever messenger identity provider a tenant uses.
#[derive(Debug, Parser)]
#[command(name = "herald", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves until SIGTERM or SIGINT; SIGHUP reads the tenants again.
    Serve(ConfigPath),
    /// Simulates the three providers, to develop against without any account.
    Sandbox(sandbox::Options),
    /// Checks, describes or shows a configuration.
    #[command(subcommand)]
    Config(config::ConfigCommand),
    /// Makes API keys and encryption keys; rotates a tenant's signing keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Shows what is waiting to be sent and what failed for good, and has that sent anew, at a running server.
    #[command(subcommand)]
    Notifications(notifications::NotificationsCommand),
    /// Prints the OpenAPI document of the API.
    Openapi(openapi::Options),
}

/// Which configuration.
#[derive(Debug, Args)]
struct ConfigPath {
    /// The configuration file.
    #[arg(long, env = "HERALD_CONFIG", default_value = "herald.toml")]
    config: PathBuf,
}

/// Reads the command line, runs the command and gives the exit code. Wrong use ends the process with 2.
pub fn run() -> ExitCode {
    match Cli::parse().command {
        Command::Serve(path) => serve::run(path.config),
        Command::Sandbox(options) => sandbox::run(&options),
        Command::Config(command) => config::run(&command),
        Command::Keys(command) => keys::run(&command),
        Command::Notifications(command) => notifications::run(&command),
        Command::Openapi(options) => openapi::run(&options),
    }
}

/// Prints a document. Whoever reads only its beginning (`| head`) is no error.
fn print_document(text: &str) -> ExitCode {
    use std::io::Write as _;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => failed(error),
        _ => ExitCode::SUCCESS,
    }
}

/// Says on stderr what went wrong, for exit code 1.
fn failed(error: impl std::fmt::Display) -> ExitCode {
    eprintln!("herald: {error}");
    ExitCode::FAILURE
}

/// Says on stderr how the command is wrongly used, for exit code 2.
fn misused(error: impl std::fmt::Display) -> ExitCode {
    eprintln!("herald: {error}");
    ExitCode::from(2)
}
