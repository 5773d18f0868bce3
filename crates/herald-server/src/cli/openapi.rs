//! `herald openapi`.

use std::process::ExitCode;

use clap::Args;

use super::print_document;

/// What to print.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Prints the table of errors, `docs/errors.md`, instead.
    #[arg(long)]
    errors: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    if options.errors {
        print_document(&crate::problem::errors_markdown())
    } else {
        print_document(&crate::openapi::document_json())
    }
}
