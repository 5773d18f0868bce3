//! The proxies that are tried for real, each with the example that operators are given: only names, addresses and places
//! of files are put in.

use std::{fmt::Write as _, fs, path::Path, process::Command};

use super::certificate::Certificate;
use crate::{process::Process, tree};

/// A proxy that Debian has.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Nginx,
    Caddy,
}

/// What stands where around one site.
pub(crate) struct Places<'a> {
    /// The site's host, without port.
    pub(crate) host: &'a str,
    /// Where the proxy listens.
    pub(crate) port: u16,
    pub(crate) herald: &'a str,
    pub(crate) app: &'a str,
    pub(crate) authara: &'a str,
}

impl Kind {
    /// Starts one that protects one site; ready when this returns. What it writes goes to `dir`.
    pub(crate) fn start(self, places: &Places<'_>, certificate: &Certificate, dir: &Path) -> Process {
        fs::create_dir(dir).expect("a directory for the proxy");
        let example = self.example(places, certificate);
        match self {
            Self::Nginx => nginx(&example, dir),
            Self::Caddy => caddy(&example, dir),
        }
    }

    fn example(self, places: &Places<'_>, certificate: &Certificate) -> String {
        let (path, own) = match self {
            Self::Nginx => (
                "deploy/proxies/nginx.conf",
                vec![("listen 443 ssl;", format!("listen 127.0.0.1:{} ssl;", places.port))],
            ),
            Self::Caddy => (
                "deploy/proxies/Caddyfile",
                vec![
                    (
                        "\napp.acme.example {",
                        format!("\nhttps://app.acme.example:{} {{\n\tbind 127.0.0.1", places.port),
                    ),
                    ("Host app.acme.example", format!("Host app.acme.example:{}", places.port)),
                ],
            ),
        };
        let path_of = |path: &Path| path.to_str().expect("a plain path").to_owned();
        let all = [
            ("/etc/ssl/certs/app.acme.example.pem", path_of(&certificate.chain)),
            ("/etc/ssl/private/app.acme.example.key", path_of(&certificate.key)),
            ("app.acme.example", places.host.to_owned()),
            // All at once would be better; none of the new addresses is one of the old ones.
            ("127.0.0.1:8080", places.herald.to_owned()),
            ("127.0.0.1:3000", places.app.to_owned()),
            ("127.0.0.1:8090", places.authara.to_owned()),
        ];
        let mut example = tree::read(path);
        for (theirs, ours) in own.into_iter().chain(all) {
            assert!(example.contains(theirs), "{path} does not say {theirs:?}");
            example = example.replace(theirs, &ours);
        }
        example
    }
}

/// nginx in one process, which ends with the test, with a main file around the example as Debian's is around its own.
fn nginx(example: &str, dir: &Path) -> Process {
    fs::write(dir.join("site.conf"), example).expect("the example is written");
    let mut main = String::from(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr notice;\nevents {}\nhttp {\naccess_log off;\n",
    );
    for folder in ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"] {
        writeln!(main, "{folder}_temp_path {folder};").expect("a string takes everything");
    }
    main.push_str("include site.conf;\n}\n");
    fs::write(dir.join("nginx.conf"), main).expect("the main file is written");
    let process =
        Process::run(crate::process::nginx().arg("-p").arg(dir).args(["-e", "stderr", "-c", "nginx.conf"]));
    // Said after it has begun to listen.
    process.says(&["event method"]);
    process
}

/// Caddy without what one on a test's machine must not do: listen on port 80 and take orders on port 2019.
fn caddy(example: &str, dir: &Path) -> Process {
    let example = format!("{{\n\tadmin off\n\tauto_https disable_redirects\n}}\n{example}");
    let path = dir.join("Caddyfile");
    fs::write(&path, example).expect("the example is written");
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(&path);
    for name in ["HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"] {
        command.env(name, dir);
    }
    let process = Process::run(&mut command);
    process.says(&["serving initial configuration"]);
    process
}
