//! The `herald` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    // Two libraries ask for a default provider of cryptography; whoever was first installed the same one.
    let _ = jsonwebtoken::crypto::aws_lc::DEFAULT_PROVIDER.install_default();
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    herald_server::cli::run()
}
