//! What comes next in a login: one of three.

use herald_core::{
    login::{Login, Phase},
    provider::{ApproveLink, Manual, Step},
};
use serde::Serialize;
use utoipa::ToSchema;

use super::Time;

/// What has to happen next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum NextStep {
    /// Send the browser to an address.
    Redirect(RedirectStep),
    /// Show links; the person confirms in a messenger.
    Approve(ApproveStep),
    /// Nothing more.
    Done(DoneStep),
}

/// Send the browser to this address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RedirectStep {
    #[schema(inline)]
    r#type: RedirectType,
    /// Where to. Always an address of Herald.
    #[schema(format = "uri", example = "https://login.example/login/log_01h455vb4pex5vsknk084sn02q/start")]
    url: String,
}

/// Show these links or their QR codes; the person confirms in a messenger.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ApproveStep {
    #[schema(inline)]
    r#type: ApproveType,
    /// The ways to confirm, in the order to show them.
    links: Vec<LinkView>,
    /// How often it makes sense to look, in seconds. Waiting (`Prefer: wait`) is better.
    #[schema(example = 2)]
    poll_after_seconds: u32,
}

/// Nothing is left to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DoneStep {
    #[schema(inline)]
    r#type: DoneType,
    /// Since when.
    #[schema(value_type = String, format = DateTime)]
    at: Time,
}

/// One way to confirm.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = LoginLink)]
pub struct LinkView {
    /// The messenger, such as `telegram`. An open set.
    #[schema(example = "telegram")]
    platform: String,
    /// The link that opens it.
    #[schema(format = "uri", example = "https://t.me/ShopBot?start=Zx81Qw")]
    url: String,
    /// The link as a QR code, for another device. May be embedded anywhere.
    #[schema(format = "uri", example = "https://login.example/qr/mB4n7QkT2xV9cR1sL5wYpA-telegram.svg")]
    qr_svg_url: String,
    /// What to send by hand, where the messenger may drop what the link carries.
    #[serde(skip_serializing_if = "Option::is_none")]
    manual: Option<ManualView>,
}

/// What to send to whom by hand.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = ManualMessage)]
pub struct ManualView {
    /// The messenger's name of the bot.
    #[schema(example = "@ShopBot")]
    to: String,
    /// The text.
    #[schema(example = "/start Zx81Qw")]
    text: String,
}

macro_rules! type_word {
    ($($name:ident $variant:ident)*) => {$(
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(rename_all = "snake_case")]
        enum $name {
            $variant,
        }
    )*};
}
type_word! { RedirectType Redirect ApproveType Approve DoneType Done }

impl NextStep {
    /// What comes next in this login.
    pub fn of(login: &Login) -> Self {
        match &login.phase {
            Phase::Confirmed(confirmation) => match &login.terms.return_url {
                Some(_) => Self::redirect(hosted_url(login)),
                None => Self::done(confirmation.confirmed_at),
            },
            Phase::Claimed { claimed_at, .. } => Self::done(*claimed_at),
            Phase::Ended { ended_at, .. } => Self::done(*ended_at),
            Phase::Waiting { .. }
            | Phase::Ready { .. }
            | Phase::Redeeming { .. }
            | Phase::Answered { .. } => Self::of_step(login),
        }
    }

    fn of_step(login: &Login) -> Self {
        match &login.terms.step {
            Step::Redirect { .. } => Self::redirect(login.page(&format!("/login/{}/start", login.terms.id))),
            Step::Approve { links, poll_after_seconds } => Self::Approve(ApproveStep {
                r#type: ApproveType::Approve,
                links: links.iter().map(|link| LinkView::new(login, link)).collect(),
                poll_after_seconds: *poll_after_seconds,
            }),
        }
    }

    fn redirect(url: String) -> Self {
        Self::Redirect(RedirectStep { r#type: RedirectType::Redirect, url })
    }

    fn done(at: jiff::Timestamp) -> Self {
        Self::Done(DoneStep { r#type: DoneType::Done, at: at.into() })
    }
}

/// Herald's own page of the login.
pub(super) fn hosted_url(login: &Login) -> String {
    login.page(&format!("/login/{}", login.terms.id))
}

impl LinkView {
    fn new(login: &Login, link: &ApproveLink) -> Self {
        let qr = format!("/qr/{}-{}.svg", login.terms.qr_token.expose(), link.platform);
        Self {
            platform: link.platform.clone(),
            url: link.url.to_string(),
            qr_svg_url: login.page(&qr),
            manual: link
                .manual
                .as_ref()
                .map(|Manual { to, text }| ManualView { to: to.clone(), text: text.clone() }),
        }
    }
}
