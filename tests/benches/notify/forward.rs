//! What sending through is measured against: the same message to the same sandbox, forwarded by nginx and by a bare actix-web
//! handler with a reqwest client per worker.

use std::{
    io::{self, BufRead as _},
    path::Path,
    process::{Child, Command, Stdio},
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::StatusCode,
    post,
    web::{Bytes, Data},
};

use crate::{process::Process, stack::free_ports};

/// Where the message goes.
const PATH: &str = "/api/v1/message/send";

#[post("/api/v1/message/send")]
async fn forward(
    request: HttpRequest,
    body: Bytes,
    client: Data<reqwest::Client>,
    upstream: Data<String>,
) -> HttpResponse {
    let token = request.headers().get("x-authorization").and_then(|token| token.to_str().ok());
    let answer = client
        .post(upstream.as_str())
        .header("x-authorization", token.unwrap_or_default())
        .header("content-type", "application/json")
        .body(body)
        .send()
        .await;
    let Ok(answer) = answer else { return HttpResponse::BadGateway().finish() };
    let status = StatusCode::from_u16(answer.status().as_u16()).unwrap_or(StatusCode::BAD_GATEWAY);
    match answer.bytes().await {
        Ok(body) => HttpResponse::build(status).content_type("application/json").body(body),
        Err(_) => HttpResponse::BadGateway().finish(),
    }
}

/// Forwards to the sandbox at `upstream` until it is killed.
pub(crate) fn serve(upstream: &str) {
    let upstream = format!("{upstream}{PATH}");
    let server = async move {
        let server = HttpServer::new(move || {
            // One for each worker: measured to be quicker than a shared one.
            let client = Data::new(crate::stack::client());
            App::new().app_data(client).app_data(Data::new(upstream.clone())).service(forward)
        });
        let server = server.workers(2).bind("127.0.0.1:0")?;
        crate::say(&server.addrs()[0].to_string());
        server.run().await
    };
    actix_web::rt::System::new().block_on(server).expect("the forwarder runs");
}

/// This program as a forwarder; killed when dropped.
pub(crate) struct Forwarder {
    child: Child,
    pub(crate) address: String,
}

impl Forwarder {
    pub(crate) fn start(upstream: &str) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .args(["forward", upstream])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the forwarder starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout is piped");
        io::BufReader::new(out).read_line(&mut line).expect("it says where it is");
        Self { child, address: line.trim().to_owned() }
    }
}

impl Drop for Forwarder {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// nginx in front of the sandbox, with kept-alive connections to it.
pub(crate) fn nginx(dir: &Path, upstream: &str) -> (Process, String) {
    let dir = dir.join("nginx");
    std::fs::create_dir(&dir).expect("a directory for nginx");
    let [port] = free_ports();
    let address = format!("127.0.0.1:{port}");
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|folder| format!("{folder}_temp_path {folder};\n"));
    let text = format!(
        "daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr notice;\nevents {{}}\nhttp {{\naccess_log off;\n\
         keepalive_requests 100000000;\n{}upstream sandbox {{\nserver {};\nkeepalive 512;\nkeepalive_requests 100000000;\n}}\n\
         server {{\nlisten {address};\nlocation / {{\nproxy_pass http://sandbox;\nproxy_http_version 1.1;\n\
         proxy_set_header Connection \"\";\n}}\n}}\n}}\n",
        temporary.concat(),
        upstream.trim_start_matches("http://"),
    );
    std::fs::write(dir.join("nginx.conf"), text).expect("the configuration is written");
    let process =
        Process::run(crate::process::nginx().arg("-p").arg(&dir).args(["-e", "stderr", "-c", "nginx.conf"]));
    process.says(&["event method"]);
    (process, address)
}
