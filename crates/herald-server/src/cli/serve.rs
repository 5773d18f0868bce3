//! `herald serve`.

use std::{io, path::PathBuf, process::ExitCode};

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::failed;
use crate::{
    config::{self, Loaded},
    reload::Reloader,
    startup::{Application, Overrides},
    telemetry,
};

pub(super) fn run(path: PathBuf) -> ExitCode {
    #[cfg(feature = "failpoints")]
    if let Err(fault) = crate::failpoints::arm() {
        return super::misused(fault);
    }
    let loaded = match config::load(&path) {
        Ok(loaded) => loaded,
        Err(refused) => {
            for fault in refused.faults {
                eprintln!("herald: {}: {fault}", path.display());
            }
            return ExitCode::FAILURE;
        }
    };
    telemetry::start_logs();
    for warning in &loaded.warnings {
        tracing::warn!(path = warning.path, "configuration: {}", warning.message);
    }
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(error),
    };
    match runtime.block_on(serve(path, loaded)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(%error, "cannot serve");
            // What hangs in a thread of its own, as the look-up of a name may, does not hold up the end.
            runtime.shutdown_background();
            failed(error)
        }
    }
}

async fn serve(path: PathBuf, loaded: Loaded) -> Result<(), Box<dyn std::error::Error>> {
    let Loaded { config, file, .. } = loaded;
    // Before anything can take long, so that no signal is lost.
    let (mut terminate, mut interrupt, hangup) = signals()?;
    let application = Application::build(&config, Overrides::default()).await?;
    let reloader = Reloader::new(path, file, application.herald().clone());
    let reloading = tokio::spawn(reload_on(hangup, reloader));
    let stop = async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    };
    application.run_until_stopped(stop).await?;
    reloading.abort();
    Ok(())
}

fn signals() -> io::Result<(Signal, Signal, Signal)> {
    Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?))
}

async fn reload_on(mut hangup: Signal, reloader: Reloader) {
    while hangup.recv().await.is_some() {
        // Reads a file, so it must not hold up what runs on this thread.
        tokio::task::block_in_place(|| reloader.reload_and_log());
    }
}
