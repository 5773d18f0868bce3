//! `/docs/`: the API's documentation, to read and to try, from files inside the binary.

use std::{
    io::Read as _,
    sync::{Arc, LazyLock},
};

use actix_web::{
    HttpRequest, HttpResponse, get,
    http::header::{AcceptEncoding, CONTENT_ENCODING, Encoding, Header as _, LOCATION, VARY},
    web::{Path, ServiceConfig},
};
use flate2::read::GzDecoder;
use utoipa_swagger_ui::Config;

use crate::problem::{ErrorCode, Problem};

// Without a validator: the page must work offline, and tell nobody who reads it.
static PAGE: LazyLock<Arc<Config<'static>>> =
    LazyLock::new(|| Arc::new(Config::new(["/openapi.json"]).validator_url("none")));

/// Registers the page.
pub fn configure(config: &mut ServiceConfig) {
    config.service(redirect).service(file);
}

/// The page's files have addresses relative to `/docs/`.
#[get("/docs")]
async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((LOCATION, "/docs/")).finish()
}

/// One of the page's files. Most are in the binary compressed, and go out so to whoever accepts that.
#[get("/docs/{_:.*}")]
async fn file(name: Path<String>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let broken =
        |error: String| Problem::new(ErrorCode::InternalError, "The page cannot be shown.").caused_by(error);
    let found =
        utoipa_swagger_ui::serve(&name, Arc::clone(&PAGE)).map_err(|error| broken(error.to_string()))?;
    let file = found.ok_or_else(|| Problem::new(ErrorCode::NotFound, "There is nothing at this address."))?;
    let mut response = HttpResponse::Ok();
    response.content_type(file.content_type).insert_header((VARY, "Accept-Encoding"));
    if !file.gzpipped {
        return Ok(response.body(file.bytes.into_owned()));
    }
    if accepts_gzip(&request) {
        return Ok(response.insert_header((CONTENT_ENCODING, "gzip")).body(file.bytes.into_owned()));
    }
    let mut plain = Vec::new();
    GzDecoder::new(&*file.bytes).read_to_end(&mut plain).map_err(|error| broken(error.to_string()))?;
    Ok(response.body(plain))
}

/// RFC 9110, 12.5.3. Who says nothing gets the file as it is.
fn accepts_gzip(request: &HttpRequest) -> bool {
    let offered = [Encoding::gzip(), Encoding::identity()];
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate(offered.iter()) == Some(Encoding::gzip()))
}
