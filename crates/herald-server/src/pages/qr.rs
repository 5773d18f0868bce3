//! `GET /qr/{token}-{platform}.svg`: a messenger's link as a QR code. Its token is its own secret, so it needs no cookie and
//! may be embedded anywhere.

use actix_web::{HttpRequest, HttpResponse, http::StatusCode, route, web};
use fast_qr::{QRBuilder, convert::svg::SvgBuilder};
use herald_app::Herald;
use herald_core::{
    login::Login,
    provider::{ApproveLink, Step},
};

use super::{answer, visit::Visit};

/// The characters of a token (128 bits in base64url). It may hold `-`, so its length tells where it ends.
const TOKEN_LENGTH: usize = 22;

/// Where a login's QR code for this messenger is.
pub(super) fn address(login: &Login, platform: &str) -> String {
    login.page(&format!("/qr/{}-{platform}.svg", login.terms.qr_token.expose()))
}

#[route("/qr/{file}", method = "GET", method = "HEAD")]
pub(super) async fn qr(herald: web::Data<Herald>, request: HttpRequest) -> HttpResponse {
    let Some((token, platform)) = parse(request.match_info().query("file")) else {
        return answer::empty(StatusCode::NOT_FOUND);
    };
    let login = match herald.logins().find_by_qr(token).await {
        Ok(login) => login,
        Err(error) => return answer::trouble(Visit::of(&request).texts(), &error),
    };
    let svg = login
        .filter(|login| login.is_waiting())
        .and_then(|login| link_of(&login, platform).and_then(|link| draw(link.url.as_str())));
    match svg {
        Some(svg) => answer::build(StatusCode::OK)
            .content_type("image/svg+xml")
            .insert_header(("Cross-Origin-Resource-Policy", "cross-origin"))
            .body(svg),
        None => answer::empty(StatusCode::NOT_FOUND),
    }
}

/// Token and platform of a file name.
fn parse(file: &str) -> Option<(&str, &str)> {
    let (token, rest) = file.split_at_checked(TOKEN_LENGTH)?;
    let platform = rest.strip_prefix('-')?.strip_suffix(".svg")?;
    (!platform.is_empty()).then_some((token, platform))
}

fn link_of<'a>(login: &'a Login, platform: &str) -> Option<&'a ApproveLink> {
    match &login.terms.step {
        Step::Approve { links, .. } => links.iter().find(|link| link.platform == platform),
        Step::Redirect { .. } => None,
    }
}

/// The code as SVG; nothing for a text that is too long for any.
fn draw(text: &str) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    Some(SvgBuilder::default().to_str(&code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_a_token_and_a_platform() {
        let token = "abc-efghijk_mnop-rstuv";
        assert_eq!(parse(&format!("{token}-telegram.svg")), Some((token, "telegram")));
        for bad in
            ["", "x.svg", &format!("{token}.svg"), &format!("{token}-.svg"), &format!("{token}-max.png")]
        {
            assert_eq!(parse(bad), None, "{bad}");
        }
        assert_eq!(parse(&"é".repeat(40)), None);
    }

    #[test]
    fn a_link_becomes_a_drawing() {
        let svg = draw("https://t.me/ShopBot?start=683f1a2b3c4d5e6f70819a2b").unwrap();
        assert!(svg.starts_with("<svg") && svg.contains("</svg>"));
        assert!(draw(&"x".repeat(10_000)).is_none());
    }
}
