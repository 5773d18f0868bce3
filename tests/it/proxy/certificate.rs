//! A certificate for the sites of a test, and a client that trusts it and nothing else.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Command,
};

/// The certificate and its key, in files, for these host names.
pub(crate) struct Certificate {
    pub(crate) chain: PathBuf,
    pub(crate) key: PathBuf,
    hosts: Vec<String>,
}

impl Certificate {
    /// Makes one in `dir`, by the tool that every operator has.
    pub(crate) fn make(dir: &Path, hosts: &[String]) -> Self {
        let (chain, key) = (dir.join("site.pem"), dir.join("site.key"));
        let names: Vec<String> = hosts.iter().map(|host| format!("DNS:{host}")).collect();
        let output = Command::new("openssl")
            .args(
                "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=site"
                    .split(' '),
            )
            .args(["-addext", &format!("subjectAltName={}", names.join(","))])
            .args(["-addext", "basicConstraints=critical,CA:FALSE"])
            .args(["-keyout".as_ref(), key.as_os_str(), "-out".as_ref(), chain.as_os_str()])
            .output()
            .expect("openssl runs (scripts/install.sh installs it)");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        Self { chain, key, hosts: hosts.to_vec() }
    }

    /// A client for which these hosts are on this machine. It follows no redirects.
    pub(crate) fn client(&self) -> reqwest::Client {
        self.builder().build().expect("a client can be built")
    }

    /// The same without HTTP/2, in which a connection cannot be upgraded.
    pub(crate) fn http1_client(&self) -> reqwest::Client {
        self.builder().http1_only().build().expect("a client can be built")
    }

    fn builder(&self) -> reqwest::ClientBuilder {
        let pem = std::fs::read(&self.chain).expect("the certificate is there");
        let trusted = reqwest::Certificate::from_pem(&pem).expect("a good certificate");
        #[expect(clippy::disallowed_methods, reason = "the tests are a client of their own")]
        let builder = reqwest::Client::builder();
        let builder =
            builder.redirect(reqwest::redirect::Policy::none()).no_proxy().tls_certs_only([trusted]);
        // Without a port of its own the address takes the one of the URL.
        let here = SocketAddr::from(([127, 0, 0, 1], 0));
        self.hosts.iter().fold(builder, |builder, host| builder.resolve(host, here))
    }
}
