//! `herald sandbox`.

use std::{net::SocketAddr, process::ExitCode};

use clap::Args;
use herald_sandbox::{Sandbox, SandboxConfig, ShopConfig, ShopTenant};
use url::Url;

use super::failed;
use crate::{demo, telemetry};

/// Where the sandbox is, and where Herald is.
#[derive(Debug, Args)]
pub(super) struct Options {
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:9100")]
    listen: SocketAddr,
    /// Where Herald is: `/herald/` here goes there, as a proxy in front of Authara would do it.
    #[arg(long, default_value = "http://127.0.0.1:8080")]
    herald: Url,
    /// The host in every printed address, when it is not the one to listen on. Cookies go by it.
    #[arg(long)]
    public_host: Option<String>,
    /// Opens the demo shop, for the tenants of `deploy/demo.toml`.
    #[arg(long)]
    demo: bool,
}

pub(super) fn run(options: &Options) -> ExitCode {
    telemetry::start_logs();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    match runtime.block_on(play(config(options))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error),
    }
}

fn config(options: &Options) -> SandboxConfig {
    let shop = || ShopConfig {
        tenants: demo::TENANTS
            .iter()
            .map(|tenant| ShopTenant {
                name: tenant.name.to_owned(),
                tenant: tenant.tenant.to_owned(),
                api_key: tenant.api_key.to_owned(),
            })
            .collect(),
    };
    let mut config = SandboxConfig {
        listen: options.listen,
        public_host: options.public_host.clone(),
        herald_url: Some(options.herald.clone()),
        shop: options.demo.then(shop),
        ..SandboxConfig::default()
    };
    if options.demo {
        config.antara.webhook_url = webhook_url(&options.herald, "demo-antara");
        config.authara.webhook_url = webhook_url(&options.herald, "demo-authara");
    }
    // A newcomer has no bot: the links lead to the sandbox's own messenger. `deploy/demo.toml` allows its host.
    config.antirius.switches.local_links = options.demo;
    config
}

/// Where that tenant of the demo takes what its provider sends by itself.
fn webhook_url(herald: &Url, tenant: &str) -> Option<Url> {
    let herald = herald.as_str().trim_end_matches('/');
    Url::parse(&format!("{herald}/hooks/{tenant}/main")).ok()
}

async fn play(config: SandboxConfig) -> Result<(), Box<dyn std::error::Error>> {
    use tokio::signal::unix::{SignalKind, signal};
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let has_shop = config.shop.is_some();
    let sandbox = Sandbox::start(config).await?;
    print_credentials(&sandbox, has_shop);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    sandbox.stop().await;
    Ok(())
}

fn print_credentials(sandbox: &Sandbox, has_shop: bool) {
    let accepted = sandbox.credentials();
    println!("The sandbox listens at {}", accepted.base_url);
    println!();
    println!("Antara    client_id = \"{}\"", accepted.antara.client_id);
    println!("          api_key = \"{}\"", accepted.antara.api_key);
    println!("          webhook = {{ secret = \"{}\" }}", accepted.antara.webhook_secret);
    println!("Antirius  app_id = \"{}\"", accepted.antirius.app_id);
    println!("          message_token = \"{}\"", accepted.antirius.message_token);
    println!("Authara   browser_url = \"{}/herald\"", accepted.base_url);
    println!(
        "          issuer = \"{}\", audience = \"{}\"",
        accepted.authara.issuer, accepted.authara.audience
    );
    for key in &accepted.authara.keys {
        println!("          keys = {{ \"{}\" = \"{}\" }}", key.kid, key.secret);
    }
    println!("          webhook = {{ secret = \"{}\" }}", accepted.authara.webhook_secret);
    for user in &accepted.authara.users {
        println!("          {} signs in with the password {}", user.email, user.password);
    }
    if has_shop {
        println!();
        println!("The demo shop is at {}/shop/", accepted.base_url);
    }
}
