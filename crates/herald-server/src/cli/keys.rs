//! `herald keys new|encryption`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use herald_app::Scope;
use herald_core::{clock::SystemEntropy, secret::ApiKey};

use crate::development_key;

/// Which key to make.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Makes an API key: prints it once, and what to put into the configuration.
    New(NewKey),
    /// Makes an encryption key for `store.encryption_keys`.
    Encryption,
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// Whose key it is, for people.
    #[arg(long, default_value = "new key")]
    name: String,
    /// The tenant that it is for.
    #[arg(long, default_value = "TENANT")]
    tenant: String,
    /// What it may do, separated by commas.
    #[arg(
        long,
        value_delimiter = ',',
        value_parser = scope,
        default_value = "logins:write,logins:read,notifications:write,notifications:read,sessions:verify,sessions:write"
    )]
    scopes: Vec<&'static str>,
}

fn scope(text: &str) -> Result<&'static str, String> {
    Scope::parse(text).map(Scope::as_str).ok_or_else(|| {
        let all: Vec<_> = Scope::ALL.into_iter().map(Scope::as_str).collect();
        format!("there is no such scope; expected {}", all.join(", "))
    })
}

pub(super) fn run(command: &KeysCommand) -> ExitCode {
    match command {
        KeysCommand::New(options) => print_new(options),
        KeysCommand::Encryption => {
            println!("{}", *development_key::encode(&development_key::generate(&SystemEntropy)));
        }
    }
    ExitCode::SUCCESS
}

fn print_new(options: &NewKey) {
    let key = ApiKey::generate(&SystemEntropy);
    println!("# The key. It is shown here and never again; Herald keeps only its SHA-256.");
    println!("{}", key.expose());
    println!();
    println!("# For the configuration:");
    println!("[[tenants.{}.keys]]", options.tenant);
    println!("name = {}", toml::Value::from(options.name.as_str()));
    println!("sha256 = \"{}\"", key.digest().to_hex());
    println!("scopes = {}", toml::Value::from(options.scopes.clone()));
}
