//! What every adapter of [`WebhookSource`](herald_core::webhook_source::WebhookSource) keeps, as tests: one for each named bullet
//! of the port's "Behaviour" list, under the bullet's name, and one for what all adapters share.
//!
//! # How an adapter runs it
//! Implement [`WebhookFixture`] for a struct that signs as the provider does, and hand a function that makes one to the
//! macro, in a module of its own:
//!
//! ```text
//! mod conformance {
//!     herald_testkit::webhook_source_suite!(super::Fixture::new);
//! }
//! ```

mod fixture;
mod reading;
mod signature;

pub use fixture::WebhookFixture;
pub use reading::{a_repeat_has_the_same_id, an_unknown_kind_is_other, what_cannot_be_read_is_refused};
pub use signature::{
    a_signature_is_there_once, a_signature_is_written_in_one_way, a_source_shows_nothing_secret,
    the_signature_is_of_the_raw_bytes,
};

/// One `#[test]` for every case of the suite, each on a fixture of its own.
///
/// Takes the name of a function without arguments that gives a [`WebhookFixture`].
#[macro_export]
macro_rules! webhook_source_suite {
    ($fixture:path) => {
        $crate::webhook_source_suite! { @cases $fixture:
            the_signature_is_of_the_raw_bytes
            a_signature_is_there_once
            a_signature_is_written_in_one_way
            a_source_shows_nothing_secret
            an_unknown_kind_is_other
            a_repeat_has_the_same_id
            what_cannot_be_read_is_refused
        }
    };
    (@cases $fixture:path: $($case:ident)*) => {$(
        #[test]
        fn $case() {
            $crate::webhook_source_suite::$case(&$fixture());
        }
    )*};
}
