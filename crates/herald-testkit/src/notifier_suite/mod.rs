//! What every adapter of [`Notifier`](herald_core::notifier::Notifier) keeps, as tests: one for each named bullet of the port's
//! "Behaviour" lists, under the bullet's name, and some for what all adapters share.
//!
//! # How an adapter runs it
//! Implement [`NotifierFixture`] for a struct that owns the simulated provider, and hand a function that makes one to the
//! macro, in a module of its own:
//!
//! ```text
//! mod conformance {
//!     async fn fixture() -> crate::harness::Fixture { crate::harness::Fixture::start().await }
//!     herald_testkit::notifier_suite!(fixture);
//! }
//! ```
//!
//! The words for what goes wrong are those of [`provider_suite`](mod@crate::provider_suite).

mod address;
mod fixture;
mod send;
mod trouble;

pub use address::{address_of_a_subject_needs_an_identity, address_takes_its_own_kind};
pub use fixture::NotifierFixture;
pub use send::{
    a_receipt_names_the_message, a_repeat_under_the_same_key_is_recognised, limits_are_sane,
    send_makes_one_effect,
};
pub use trouble::{
    a_failed_send_is_called_once, an_unclear_end_is_said, an_unknown_recipient_is_said,
    every_status_of_send_has_its_kind_and_verdict, failures_show_nothing_secret,
};

/// One `#[tokio::test]` for every case of the suite, each on a fixture of its own.
///
/// Takes the name of an async function without arguments that gives a [`NotifierFixture`].
#[macro_export]
macro_rules! notifier_suite {
    ($fixture:path) => {
        $crate::notifier_suite! { @cases $fixture:
            address_takes_its_own_kind
            address_of_a_subject_needs_an_identity
            limits_are_sane
            send_makes_one_effect
            a_receipt_names_the_message
            a_repeat_under_the_same_key_is_recognised
            a_failed_send_is_called_once
            an_unclear_end_is_said
            an_unknown_recipient_is_said
            every_status_of_send_has_its_kind_and_verdict
            failures_show_nothing_secret
        }
    };
    (@cases $fixture:path: $($case:ident)*) => {$(
        #[tokio::test]
        async fn $case() {
            $crate::notifier_suite::$case(&$fixture().await).await;
        }
    )*};
}
