//! `herald keys new|encryption|rotate`.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use herald_app::Scope;
use herald_core::{
    clock::SystemEntropy,
    id::TenantId,
    secret::{AdminKey, ApiKey},
};
use serde::Deserialize;

use super::{failed, remote::Remote};
use crate::development_key;

/// Which key to make, or to change.
#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Makes an API key, or an operator's: prints it once, and what to put into the configuration.
    New(NewKey),
    /// Makes an encryption key for `store.encryption_keys`.
    Encryption,
    /// Rotates the keys that sign a tenant's tokens, at a running server.
    Rotate(Rotate),
}

#[derive(Debug, Args)]
pub(super) struct NewKey {
    /// Whose key it is, for people.
    #[arg(long, default_value = "new key")]
    name: String,
    /// Makes an operator's key, for `/v1/admin`, instead of a tenant's.
    #[arg(long, conflicts_with_all = ["tenant", "scopes"])]
    admin: bool,
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

#[derive(Debug, Args)]
pub(super) struct Rotate {
    /// The tenant whose keys they are.
    #[arg(long, value_parser = tenant_id)]
    tenant: TenantId,
    /// Replaces all keys at once, because somebody else may have one: every access token is refused from then on.
    #[arg(long)]
    revoke: bool,
    #[command(flatten)]
    remote: Remote,
}

fn tenant_id(text: &str) -> Result<TenantId, &'static str> {
    TenantId::parse(text).map_err(|_| "not a tenant's id")
}

fn scope(text: &str) -> Result<&'static str, String> {
    Scope::parse(text).map(Scope::as_str).ok_or_else(|| {
        let all: Vec<_> = Scope::ALL.into_iter().map(Scope::as_str).collect();
        format!("there is no such scope; expected {}", all.join(", "))
    })
}

pub(super) fn run(command: &KeysCommand) -> ExitCode {
    match command {
        KeysCommand::New(options) if options.admin => print_admin(options),
        KeysCommand::New(options) => print_new(options),
        KeysCommand::Encryption => {
            println!("{}", *development_key::encode(&development_key::generate(&SystemEntropy)));
        }
        KeysCommand::Rotate(options) => return rotate(options),
    }
    ExitCode::SUCCESS
}

fn print_new(options: &NewKey) {
    let key = ApiKey::generate(&SystemEntropy);
    print_once(key.expose());
    println!("[[tenants.{}.keys]]", options.tenant);
    println!("name = {}", toml::Value::from(options.name.as_str()));
    println!("sha256 = \"{}\"", key.digest().to_hex());
    println!("scopes = {}", toml::Value::from(options.scopes.clone()));
}

fn print_admin(options: &NewKey) {
    let key = AdminKey::generate(&SystemEntropy);
    print_once(key.expose());
    println!("[[server.admin_keys]]");
    println!("name = {}", toml::Value::from(options.name.as_str()));
    println!("sha256 = \"{}\"", key.digest().to_hex());
}

fn print_once(key: &str) {
    println!("# The key. It is shown here and never again; Herald keeps only its SHA-256.");
    println!("{key}");
    println!();
    println!("# For the configuration:");
}

/// What is read of the server's answer.
#[derive(Deserialize)]
struct SigningKeys {
    items: Vec<SigningKey>,
}

#[derive(Deserialize)]
struct SigningKey {
    kid: String,
    algorithm: String,
    status: String,
    verifies_until: Option<String>,
}

fn rotate(options: &Rotate) -> ExitCode {
    let (operation, deed) =
        if options.revoke { ("revoke-keys", "revoke") } else { ("rotate-keys", "rotate") };
    let path = ["v1", "admin", "tenants", options.tenant.as_str(), "signing-keys", deed];
    let server = match options.remote.as_operator() {
        Ok(server) => server,
        Err(code) => return code,
    };
    match server.post::<SigningKeys>(operation, &path) {
        Ok(keys) => {
            for SigningKey { kid, algorithm, status, verifies_until } in keys.items {
                let until = verifies_until.map(|until| format!(", good until {until}")).unwrap_or_default();
                println!("{kid}  {algorithm}  {status}{until}");
            }
            ExitCode::SUCCESS
        }
        Err(trouble) => failed(trouble),
    }
}
