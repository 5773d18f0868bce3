//! What every adapter of [`IdentityProvider`](herald_core::provider::IdentityProvider) keeps, as tests: one for each named bullet
//! of the port's "Behaviour" lists, under the bullet's name, and some for what all adapters share.
//!
//! # How an adapter runs it
//! 1. Implement [`ProviderFixture`] for a struct that owns the simulated provider. One fixture is one fresh provider; every
//!    [`ProviderFixture::open`] is another instance of the adapter (another replica) on the same account.
//! 2. Write a function that makes one and hand it to the macro, in a module of its own:
//!
//! ```text
//! mod conformance {
//!     async fn fixture() -> crate::harness::Fixture { crate::harness::Fixture::start().await }
//!     herald_testkit::provider_suite!(fixture);
//! }
//! ```
//!
//! The macro expands to one `#[tokio::test]` for each case; the crate needs tokio as a dev-dependency.
//!
//! # Things to note
//! - The suite tells providers apart by what the port says: [`Progress`](herald_core::provider::Progress) decides whether it
//!   looks with the returned browser or polls, [`ProviderFixture::redeem_kind`] whether `redeem` consumes.
//! - Both opaque texts, memo and answer, must be JSON, and must tolerate members that they do not know: during a rollout an
//!   older replica reads what a newer one wrote. The suite adds such members itself.
//! - What one status means to one provider differs from the usual table only where [`ProviderFixture::own_meaning`] says so.

mod begin;
mod fixture;
mod identify;
mod observe;
mod redeem;
mod shared;
mod trouble;
mod walk;

pub use begin::{begin_binds_the_state, begin_is_independent};
pub use fixture::{Browser, ProviderFixture, RedeemKind};
pub use identify::{
    identify_may_be_repeated, identify_names_the_person, identify_trusts_nothing_unverified,
    unknown_members_are_tolerated,
};
pub use observe::{
    a_return_is_final, observe_may_be_repeated, refusal_is_a_value, state_survives_another_instance,
};
pub use redeem::{
    a_replayed_return_never_redeems_twice, an_unclear_end_of_redeem_is_said,
    every_status_of_redeem_has_its_kind_and_verdict, redeem_is_called_once, redeem_says_consumed,
};
pub use shared::{nonsense_is_no_panic, secrets_are_never_shown};
pub use trouble::{Meaning, SAMPLED_STATUSES, Trouble, Verdict, usual_meaning};

/// One `#[tokio::test]` for every case of the suite, each on a fixture of its own.
///
/// Takes the name of an async function without arguments that gives a [`ProviderFixture`].
#[macro_export]
macro_rules! provider_suite {
    ($fixture:path) => {
        $crate::provider_suite! { @cases $fixture:
            begin_is_independent
            begin_binds_the_state
            observe_may_be_repeated
            a_return_is_final
            refusal_is_a_value
            state_survives_another_instance
            redeem_is_called_once
            redeem_says_consumed
            a_replayed_return_never_redeems_twice
            an_unclear_end_of_redeem_is_said
            every_status_of_redeem_has_its_kind_and_verdict
            identify_may_be_repeated
            identify_names_the_person
            identify_trusts_nothing_unverified
            unknown_members_are_tolerated
            nonsense_is_no_panic
            secrets_are_never_shown
        }
    };
    (@cases $fixture:path: $($case:ident)*) => {$(
        #[tokio::test]
        async fn $case() {
            $crate::provider_suite::$case(&$fixture().await).await;
        }
    )*};
}
