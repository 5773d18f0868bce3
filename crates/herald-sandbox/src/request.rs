//! Reading requests: headers and cookies.

use actix_web::HttpRequest;

/// The first header of that name, when it is visible ASCII.
pub(crate) fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

/// The value of the first cookie of that name, as it was sent.
pub(crate) fn cookie(request: &HttpRequest, name: &str) -> Option<String> {
    request.headers().get_all("cookie").filter_map(|value| value.to_str().ok()).find_map(|line| {
        line.split(';').find_map(|pair| {
            let (key, value) = pair.trim().split_once('=')?;
            (key == name).then(|| value.to_owned())
        })
    })
}
