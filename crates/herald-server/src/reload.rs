//! Reading the tenants again while the process runs.

use std::{path::PathBuf, sync::Arc};

use herald_app::Herald;
use herald_core::clock::Entropy;

use crate::{
    config::{self, ConfigFile, Finding, Refused},
    registry::{self, RegistryError},
};

/// The tenants were not replaced; the old ones stay.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// The file has faults.
    #[error(transparent)]
    Config(#[from] Refused),
    /// A connection cannot be opened.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// `server.development` or `server.public_url` has changed.
    #[error("`server.development` or `server.public_url` has changed; that needs a restart")]
    NeedsRestart,
}

/// Reads a configuration file again on demand.
#[derive(Debug)]
pub struct Reloader {
    path: PathBuf,
    /// What the process was started with.
    started_with: ConfigFile,
    herald: Herald,
    entropy: Arc<dyn Entropy>,
}

impl Reloader {
    /// A reloader of the file that the process was started with.
    pub fn new(path: PathBuf, started_with: ConfigFile, herald: Herald) -> Self {
        let entropy = Arc::clone(herald.entropy());
        Self { path, started_with, herald, entropy }
    }

    /// Reads the file and takes its tenants from now on, all of them or, when anything is wrong, none. Gives the warnings.
    pub fn reload(&self) -> Result<Vec<Finding>, ReloadError> {
        let loaded = config::load(&self.path)?;
        let (now, before) = (&loaded.file.server, &self.started_with.server);
        // Both decide how tenants are checked and what their addresses begin with: half taken, they would weaken or break them.
        if now.development != before.development || now.public_url != before.public_url {
            return Err(ReloadError::NeedsRestart);
        }
        let tenants = registry::tenants(
            &loaded.config,
            self.herald.clock(),
            &self.entropy,
            Some(&self.herald.shared_tokens()),
        )?;
        let mut warnings = loaded.warnings;
        for (section, is_same) in [
            ("server", same(&loaded.file.server, &self.started_with.server)),
            ("store", same(&loaded.file.store, &self.started_with.store)),
        ] {
            if !is_same {
                warnings.push(Finding {
                    path: section.to_owned(),
                    message: "this section has changed; that needs a restart".to_owned(),
                });
            }
        }
        self.herald.replace_tenants(tenants);
        Ok(warnings)
    }

    /// The same, with what comes of it in the log.
    pub fn reload_and_log(&self) {
        match self.reload() {
            Ok(warnings) => {
                for warning in warnings {
                    tracing::warn!(path = warning.path, "configuration: {}", warning.message);
                }
                tracing::info!(tenants = self.herald.tenants().iter().count(), "tenants reloaded");
            }
            Err(ReloadError::Config(refused)) => {
                for fault in refused.faults {
                    tracing::error!(path = fault.path, "configuration: {}", fault.message);
                }
                tracing::error!("tenants not reloaded: the file has faults, the old tenants stay");
            }
            Err(error) => tracing::error!(%error, "tenants not reloaded: the old tenants stay"),
        }
    }
}

/// Do the sections say the same? Secrets by value are not compared: the shape that is shown does not have them.
fn same<T: serde::Serialize>(a: &T, b: &T) -> bool {
    serde_json::to_value(a).ok() == serde_json::to_value(b).ok()
}
