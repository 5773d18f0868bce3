//! Servers that do nothing of what Herald does, and answer the same.

use std::{fs, path::Path, process::Command};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer, get,
    http::{
        StatusCode,
        header::{AUTHORIZATION, HeaderName, HeaderValue},
    },
    web::Data,
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ParsedPublicKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    process::Process,
    stack::{client, free_ports},
};

/// What Herald answers to whoever is signed in, and the key that its tokens are signed with.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// In the order of their names, without those that every server makes itself.
    pub(crate) headers: Vec<(String, String)>,
    /// An uncompressed point on P-256; absent where nothing is checked.
    key: Option<Vec<u8>>,
}

impl Answer {
    /// The answer of a server to this request.
    pub(crate) async fn of(address: &str, request: &[u8]) -> Self {
        let head = String::from_utf8_lossy(request).into_owned();
        let url = format!("http://{}/v1/forward-auth/nginx", address.trim_start_matches("http://"));
        let lines = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        let request = lines.fold(client().get(url), |request, (name, value)| request.header(name, value));
        let answer = request.send().await.expect("the server answers");
        assert_eq!(answer.status(), 200);
        let own = ["date", "content-length"];
        let headers = answer.headers().iter().filter(|(name, _)| !own.contains(&name.as_str()));
        let text = |value: &reqwest::header::HeaderValue| value.to_str().expect("ASCII").to_owned();
        let mut headers: Vec<_> = headers.map(|(name, value)| (name.to_string(), text(value))).collect();
        headers.sort();
        Self { headers, key: None }
    }

    /// The same after a check of the signature by the key of this token.
    pub(crate) async fn checked(&self, herald: &str, token: &str) -> Self {
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64url");
        let header: Value =
            serde_json::from_slice(&part(token.split('.').next().expect("a header"))).expect("JSON");
        let keys = client()
            .get(format!("{herald}/t/antirius/.well-known/jwks.json"))
            .send()
            .await
            .expect("an answer");
        let keys: Value = keys.json().await.expect("a set of keys");
        let key = keys["keys"].as_array().expect("keys").iter().find(|key| key["kid"] == header["kid"]);
        let key = key.expect("the key is published");
        let coordinate = |name: &str| part(key[name].as_str().expect("a coordinate"));
        Self { key: Some([vec![4], coordinate("x"), coordinate("y")].concat()), ..self.clone() }
    }

    fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(own, _)| own == name);
        found.map_or_else(|| panic!("no {name}"), |(_, value)| value)
    }
}

/// A server of its own process, as Herald has one.
pub(crate) struct Bare {
    pub(crate) process: Process,
    pub(crate) address: String,
}

impl Bare {
    /// This program as a bare server.
    pub(crate) fn start(dir: &Path, name: &str, answer: &Answer) -> Self {
        let path = dir.join(name);
        fs::write(&path, serde_json::to_vec(answer).expect("it is JSON")).expect("the answer is written");
        let program = std::env::current_exe().expect("this program has a path");
        let process = Process::run(Command::new(program).arg("bare").arg(&path));
        process.says(&["127.0.0.1:"]);
        let address = process.log().trim().to_owned();
        Self { process, address }
    }

    /// nginx that gives three of the headers and nothing else.
    pub(crate) fn nginx(dir: &Path, answer: &Answer) -> Self {
        let dir = dir.join("nginx");
        fs::create_dir(&dir).expect("a directory for nginx");
        let [port] = free_ports();
        let address = format!("127.0.0.1:{port}");
        let headers = ["x-herald-subject", "x-herald-name", "x-herald-identity"]
            .map(|name| format!("add_header {name} \"{}\";\n", answer.header(name)));
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|folder| format!("{folder}_temp_path {folder};\n"));
        let text = format!(
            "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr notice;\nevents {{}}\nhttp {{\naccess_log off;\n\
             keepalive_requests 100000000;\n{}server {{\nlisten {address};\nlocation / {{\n{}return 200;\n}}\n}}\n}}\n",
            temporary.concat(),
            headers.concat()
        );
        fs::write(dir.join("nginx.conf"), text).expect("the configuration is written");
        let process = Process::run(crate::process::nginx().arg("-p").arg(&dir).args([
            "-e",
            "stderr",
            "-c",
            "nginx.conf",
        ]));
        process.says(&["event method"]);
        Self { process, address }
    }
}

type Headers = Vec<(HeaderName, HeaderValue)>;

/// Answers everything with the headers of the [`Answer`] at `path`, until it is killed.
pub(crate) fn serve(path: &str) {
    let answer = fs::read(path).expect("the answer is there");
    let answer: Answer = serde_json::from_slice(&answer).expect("it is JSON");
    let header = |(name, value): &(String, String)| {
        (HeaderName::try_from(name).expect("a name"), HeaderValue::try_from(value).expect("a value"))
    };
    let headers: Data<Headers> = Data::new(answer.headers.iter().map(header).collect());
    let key =
        answer.key.map(|key| ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).expect("a point of P-256"));
    let key = Data::new(key);
    let server = async move {
        let app = move || App::new().app_data(headers.clone()).app_data(key.clone()).service(signed_in);
        let server = HttpServer::new(app).bind("127.0.0.1:0")?;
        crate::say(&server.addrs()[0].to_string());
        server.run().await
    };
    actix_web::rt::System::new().block_on(server).expect("the bare server runs");
}

#[get("/v1/forward-auth/nginx")]
async fn signed_in(
    request: HttpRequest,
    headers: Data<Headers>,
    key: Data<Option<ParsedPublicKey>>,
) -> HttpResponse {
    if let Some(key) = key.as_ref()
        && !is_signed(&request, key)
    {
        return HttpResponse::new(StatusCode::UNAUTHORIZED);
    }
    let mut response = HttpResponse::new(StatusCode::OK);
    for (name, value) in headers.iter() {
        response.headers_mut().insert(name.clone(), value.clone());
    }
    response
}

fn is_signed(request: &HttpRequest, key: &ParsedPublicKey) -> bool {
    let token =
        request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
    let Some((signed, signature)) = token.and_then(|token| token.rsplit_once('.')) else { return false };
    let mut bytes = [0; 64];
    let length = URL_SAFE_NO_PAD.decode_slice(signature, &mut bytes);
    length == Ok(bytes.len()) && key.verify_sig(signed.as_bytes(), &bytes).is_ok()
}
