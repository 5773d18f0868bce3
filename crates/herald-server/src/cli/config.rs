//! `herald config check|schema|show`.

use std::{process::ExitCode, sync::Arc};

use clap::{Args, Subcommand, ValueEnum};
use herald_app::SystemClock;
use herald_core::clock::{Clock, Entropy, SystemEntropy};

use super::{ConfigPath, failed, print_document};
use crate::{
    config::{Finding, Loaded, json_schema, load, reference_markdown, registrations},
    registry::{self, RegistryError},
};

/// What to do with a configuration.
#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Names every fault with its key path, and prints what to register at the providers.
    Check(ConfigPath),
    /// Prints the JSON Schema of the file, or its reference.
    Schema(SchemaOptions),
    /// Prints the configuration with all defaults; secrets as "***".
    Show(ConfigPath),
}

#[derive(Debug, Args)]
pub(super) struct SchemaOptions {
    /// How to write it.
    #[arg(long, value_enum, default_value_t = SchemaFormat::Json)]
    format: SchemaFormat,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SchemaFormat {
    /// JSON Schema.
    Json,
    /// The reference for people, `docs/configuration.md`.
    Markdown,
}

pub(super) fn run(command: &ConfigCommand) -> ExitCode {
    match command {
        ConfigCommand::Check(path) => check(path),
        ConfigCommand::Schema(options) => schema(options.format),
        ConfigCommand::Show(path) => show(path),
    }
}

fn check(path: &ConfigPath) -> ExitCode {
    let (faults, warnings, loaded) = match load(&path.config) {
        Ok(loaded) => (Vec::new(), loaded.warnings.clone(), Some(loaded)),
        Err(refused) => (refused.faults, refused.warnings, None),
    };
    print_findings("fault", &faults);
    print_findings("warning", &warnings);
    if let Some(Err(error)) = loaded.as_ref().map(opens) {
        println!("fault: {error}");
        return ExitCode::FAILURE;
    }
    let Some(loaded) = loaded else {
        println!("{}: {} fault(s)", path.config.display(), faults.len());
        return ExitCode::FAILURE;
    };
    for registration in registrations(&loaded.config) {
        println!("{}", registration.connection);
        for line in registration.lines {
            println!("  {line}");
        }
    }
    println!("{}: good, {} tenant(s)", path.config.display(), loaded.config.tenants.len());
    ExitCode::SUCCESS
}

/// Can the connections be opened? Calls nobody.
fn opens(loaded: &Loaded) -> Result<(), RegistryError> {
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) =
        (Arc::new(SystemClock), Arc::new(SystemEntropy));
    registry::tenants(&loaded.config, &clock, &entropy, None).map(drop)
}

fn print_findings(kind: &str, findings: &[Finding]) {
    for finding in findings {
        println!("{kind}: {finding}");
    }
}

fn schema(format: SchemaFormat) -> ExitCode {
    print_document(&match format {
        SchemaFormat::Json => format!("{:#}\n", json_schema()),
        SchemaFormat::Markdown => reference_markdown(),
    })
}

fn show(path: &ConfigPath) -> ExitCode {
    match load(&path.config) {
        Ok(loaded) => match toml::to_string_pretty(&loaded.file) {
            Ok(text) => print_document(&text),
            Err(error) => failed(error),
        },
        Err(refused) => {
            print_findings("fault", &refused.faults);
            ExitCode::FAILURE
        }
    }
}
