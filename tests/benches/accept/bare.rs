//! What accepting is measured against: bare actix-web handlers that read the same JSON and answer as much, one that keeps
//! nothing and one that pushes the body to a Redis that syncs its log at every write.

use std::{
    cell::RefCell,
    io::{self, BufRead as _},
    process::{Child, Command, Stdio},
    rc::Rc,
};

use actix_web::{
    App, HttpResponse, HttpServer, post,
    web::{Bytes, Data},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

/// Idle connections to Redis of one worker.
type Pool = Rc<RefCell<Vec<TcpStream>>>;

fn accepted(body: &Bytes) -> HttpResponse {
    let Ok(body) = serde_json::from_slice::<serde_json::Value>(body) else {
        return HttpResponse::BadRequest().finish();
    };
    HttpResponse::Accepted().json(serde_json::json!({
        "id": "ntf_01k00000000000000000000000", "status": "queued", "to": body["to"],
        "created_at": "2026-01-02T03:04:05.000Z", "expires_at": "2026-01-03T09:04:05.000Z", "attempts": []
    }))
}

#[post("/v1/notifications")]
async fn keep_nothing(body: Bytes) -> HttpResponse {
    accepted(&body)
}

#[post("/v1/notifications")]
async fn push(body: Bytes, redis: Data<String>, pool: Data<Pool>) -> HttpResponse {
    match push_to(&redis, &pool, &body).await {
        Ok(()) => accepted(&body),
        Err(_) => HttpResponse::ServiceUnavailable().finish(),
    }
}

async fn push_to(redis: &str, pool: &Pool, body: &[u8]) -> io::Result<()> {
    let idle = pool.borrow_mut().pop();
    let mut stream = match idle {
        Some(stream) => stream,
        None => TcpStream::connect(redis).await?,
    };
    stream.set_nodelay(true)?;
    let head = format!("*3\r\n$5\r\nLPUSH\r\n$5\r\nqueue\r\n${}\r\n", body.len());
    stream.write_all(&[head.as_bytes(), body, b"\r\n"].concat()).await?;
    let mut answer = [0; 64];
    let mut read = 0;
    while !answer[..read].ends_with(b"\r\n") {
        match stream.read(&mut answer[read..]).await? {
            0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            more => read += more,
        }
    }
    if answer[0] != b':' {
        return Err(io::Error::other("Redis refused"));
    }
    pool.borrow_mut().push(stream);
    Ok(())
}

/// Serves until it is killed; with the address of a Redis, it keeps what it gets there.
pub(crate) fn serve(redis: Option<String>) {
    let server = async move {
        let server = HttpServer::new(move || {
            let app = App::new().app_data(Data::new(Pool::default()));
            match &redis {
                Some(redis) => app.app_data(Data::new(redis.clone())).service(push),
                None => app.service(keep_nothing),
            }
        });
        let server = server.workers(2).bind("127.0.0.1:0")?;
        crate::say(&server.addrs()[0].to_string());
        server.run().await
    };
    actix_web::rt::System::new().block_on(server).expect("the bare server runs");
}

/// A child process; killed when dropped.
pub(crate) struct Running {
    child: Child,
    pub(crate) address: String,
}

impl Running {
    /// This program as a bare server.
    pub(crate) fn bare(redis: Option<&str>) -> Self {
        let program = std::env::current_exe().expect("this program has a path");
        let mut child = Command::new(program)
            .arg("bare")
            .args(redis)
            .stdout(Stdio::piped())
            .spawn()
            .expect("the bare server starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("stdout is piped");
        io::BufReader::new(out).read_line(&mut line).expect("it says where it is");
        Self { child, address: line.trim().to_owned() }
    }

    /// A Redis that answers a write when its log is synced.
    pub(crate) fn redis(dir: &std::path::Path, port: u16) -> Self {
        let mut child = Command::new("redis-server")
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", ""])
            .args(["--appendonly", "yes", "--appendfsync", "always"])
            .current_dir(dir)
            .stdout(Stdio::piped())
            .spawn()
            .expect("redis-server is installed (scripts/install.sh installs it)");
        let out = child.stdout.take().expect("stdout is piped");
        let mut lines = io::BufReader::new(out).lines();
        let is_ready = |line: io::Result<String>| line.is_ok_and(|line| line.contains("Ready to accept"));
        assert!(lines.any(is_ready), "Redis does not start");
        // Read on, so that it never waits for a reader.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: format!("127.0.0.1:{port}") }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
