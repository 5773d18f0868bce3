//! `herald openapi`.

use std::process::ExitCode;

use clap::Args;

/// What to print.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Prints the table of errors, `docs/errors.md`, instead.
    #[arg(long)]
    errors: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    if options.errors {
        print!("{}", crate::problem::errors_markdown());
    } else {
        print!("{}", crate::openapi::document_json());
    }
    ExitCode::SUCCESS
}
