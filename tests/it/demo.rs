//! What `make run` starts.

use std::{fs, path::Path};

use tempfile::TempDir;

use crate::{process::Process, stack::free_ports};

/// Herald with `deploy/demo.toml` and the sandbox with its shop, on free ports.
pub(crate) struct Demo {
    /// Where Herald is: host and port.
    pub(crate) herald: String,
    /// Where the sandbox is.
    pub(crate) sandbox: String,
    _herald: Process,
    _sandbox: Process,
    _dir: TempDir,
}

impl Demo {
    pub(crate) fn start() -> Self {
        let dir = TempDir::new().expect("a directory for the test");
        let [public, management, sandbox] = free_ports().map(|port| format!("127.0.0.1:{port}"));
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/demo.toml");
        let mut config = fs::read_to_string(file).expect("the demo is configured");
        let store = dir.path().join("herald.redb").display().to_string();
        for (theirs, ours) in [
            ("127.0.0.1:8080", &public),
            ("127.0.0.1:9090", &management),
            ("127.0.0.1:9100", &sandbox),
            ("data/herald.redb\"", &format!("{store}\"")),
        ] {
            assert!(config.contains(theirs), "the demo's configuration does not name {theirs}");
            config = config.replace(theirs, ours);
        }
        let path = dir.path().join("herald.toml");
        fs::write(&path, config).expect("the configuration is written");

        let url = format!("http://{public}");
        let simulated = Process::start(&["sandbox", "--demo", "--listen", &sandbox, "--herald", &url]);
        simulated.says(&["listens at"]);
        let serving = Process::start(&["serve", "--config", path.to_str().expect("a plain path")]);
        serving.says(&["listening"]);
        Self { herald: public, sandbox, _herald: serving, _sandbox: simulated, _dir: dir }
    }
}
