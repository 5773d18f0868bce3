//! The conformance suite of the store ports: one test for each bullet under "Behaviour", of the same name.
//!
//! # Running it against a store
//! 1. Implement [`StoreFixture`]: a fresh, empty store for every test, and its clock. A store that keeps its rows over a
//!    restart also implements [`DurableFixture`].
//! 2. In a test module of its own: `herald_testkit::store_suite!(open);`, where `open` is an `async fn() -> impl StoreFixture`.
//!    Then `durable_store_suite!(open);`, and `exclusive_store_suite!(open);` if only one process can have the store.
//! 3. A store that several processes can have at a time also implements [`SharedFixture`], for
//!    `shared_store_suite!(open);`.
//!
//! # Things to note
//! - Times are whole microseconds, so that a store may order by them.
//! - Time passes by [`StoreFixture::fast_forward`] only; nothing sleeps.
//! - Racing callers start together, behind a barrier, on a runtime of several threads.

#![expect(clippy::unwrap_used, reason = "these are tests: a call that fails fails the test that makes it")]

pub mod begin;
pub mod change;
pub mod counter;
pub mod durable;
pub mod endpoint;
pub mod expiry;
pub mod finder;
pub mod key;
pub mod lease;
pub mod lease_notification;
pub mod list;
pub mod login;
pub mod notice;
pub mod notification;
pub mod notification_list;
pub mod outbox;
pub mod outbox_list;
mod race;
pub mod sample;
pub mod secret;
pub mod session;
pub mod session_list;
pub mod shared;
pub mod subject;
pub mod tenants;
pub mod told;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use herald_core::store::Store;
use jiff::Timestamp;

/// A store to test, empty at first, and its time.
#[async_trait]
pub trait StoreFixture: Send + Sync + 'static {
    /// The store.
    fn store(&self) -> Arc<dyn Store>;

    /// The time by the store's clock; whole milliseconds.
    fn now(&self) -> Timestamp;

    /// Lets time pass, for the clock that the store was given and for whatever else expires its rows.
    async fn fast_forward(&mut self, by: Duration);
}

/// A store that keeps its rows when its process ends.
#[async_trait]
pub trait DurableFixture: StoreFixture {
    /// Closes the store and opens it again. Whoever got it from [`StoreFixture::store`] has to have dropped it.
    async fn restart(&mut self);
}

/// A store that several replicas have at a time.
#[async_trait]
pub trait SharedFixture: StoreFixture {
    /// Another handle of the same data, as another replica has it: a new one at each call, that hears already what the others
    /// change. Dropping it is the end of that replica.
    async fn other(&self) -> Arc<dyn Store>;
}

/// Expands to a test for each named case, run on a fixture from `$open().await`.
#[doc(hidden)]
#[macro_export]
macro_rules! store_tests {
    ($open:expr; $($module:ident :: $case:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread")]
        async fn $case() {
            $crate::store_suite::$module::$case($open().await).await;
        }
    )+};
}

/// The suite for every store: `store_suite!(open)`, with `async fn open() -> impl StoreFixture`.
#[macro_export]
macro_rules! store_suite {
    ($open:expr) => {
        $crate::store_tests! {
            $open;
            counter::a_quota_is_taken_up_to_its_limit,
            counter::a_quota_is_given_back_evenly,
            counter::one_is_taken_of_all_or_of_none,
            counter::counters_of_tenants_do_not_meet,
            endpoint::an_endpoint_comes_back_as_it_was_stored,
            endpoint::endpoints_are_bounded,
            endpoint::of_racing_endpoint_writers_one_wins,
            endpoint::a_removed_endpoint_is_gone_and_its_deliveries_stay,
            expiry::an_expired_row_is_absent,
            expiry::an_expired_login_may_be_inserted_anew,
            expiry::an_expired_login_is_not_changed,
            expiry::an_expired_notification_is_not_listed,
            expiry::a_changed_purge_time_counts,
            expiry::an_expired_session_may_begin_anew,
            finder::a_finder_finds_its_login,
            finder::a_finder_dies_with_its_login,
            key::one_key_one_notification,
            key::a_reused_key_stores_nothing,
            key::a_key_is_free_after_its_time,
            key::a_key_is_its_tenants_own,
            key::a_free_key_is_under_nothing,
            lease::a_leased_login_is_not_leased_again,
            lease::a_lease_is_no_right_to_write,
            lease::racing_holders_share_out_what_is_due,
            lease::the_earliest_is_leased_first,
            lease::one_login_is_leased_due_or_not,
            lease::only_the_holder_gives_back,
            lease::a_settled_login_is_not_leased,
            lease::a_login_moved_while_leased_is_due_at_its_new_time,
            lease::an_expired_login_is_not_leased,
            lease::the_next_look_is_at_the_earliest_free_or_when_a_lease_ends,
            lease_notification::a_leased_notification_is_not_leased_again,
            lease_notification::racing_holders_share_out_the_notifications,
            lease_notification::a_tenant_leases_its_own,
            lease_notification::a_notification_put_off_rests_until_its_time,
            lease_notification::a_notification_put_off_is_due_when_it_changed,
            lease_notification::what_changed_while_it_was_held_is_not_put_off,
            lease_notification::only_the_holder_puts_off,
            lease_notification::a_prolonged_lease_lasts_longer,
            lease_notification::who_prolongs_hears_what_is_not_his_any_more,
            lease_notification::the_backlog_counts_what_waits,
            list::pages_cover_the_list,
            list::a_list_is_filtered_by_reference_and_status,
            list::a_list_shows_the_present_status,
            login::a_login_is_inserted_once,
            login::a_login_comes_back_as_it_was_stored,
            login::of_racing_writers_one_wins,
            login::a_write_needs_the_version_before,
            login::a_claim_is_all_or_nothing,
            login::a_claim_never_gives_a_session_twice,
            login::of_racing_claims_one_wins,
            login::an_identity_has_one_subject,
            notice::a_notice_is_remembered_until_its_time,
            notice::a_delivery_that_comes_early_is_found_by_the_outcome,
            notice::a_delivery_that_comes_late_finds_its_notification,
            notice::however_delivery_and_outcome_meet_one_sees_the_other,
            notification::a_notification_comes_back_as_it_was_stored,
            notification::of_racing_notification_writers_one_wins,
            notification_list::notification_pages_cover_the_list,
            notification_list::notifications_are_filtered_by_every_member,
            notification_list::a_list_shows_the_present_notification,
            outbox::a_delivery_comes_back_as_it_was_stored,
            outbox::a_leased_delivery_is_not_leased_again,
            outbox::a_delivery_put_off_is_due_at_its_new_time,
            outbox::a_tenant_leases_its_own_deliveries,
            outbox::a_delivery_put_off_rests_until_its_time,
            outbox::a_prolonged_lease_on_a_delivery_lasts_longer,
            outbox::the_outbox_backlog_counts_what_waits,
            outbox::racing_holders_share_out_the_deliveries,
            outbox::of_racing_delivery_writers_one_wins,
            outbox::an_expired_delivery_is_not_leased,
            outbox_list::delivery_pages_cover_the_list,
            outbox_list::deliveries_are_filtered_by_endpoint_and_time,
            outbox_list::a_list_shows_the_present_delivery,
            secret::a_shared_secret_is_made_once,
            secret::a_well_store_answers,
            secret::a_secret_comes_back_as_it_was_stored,
            secret::of_racing_secret_writers_one_wins,
            secret::a_secret_write_needs_the_version_before,
            secret::a_secret_that_is_over_is_written_anew,
            session::a_session_comes_back_as_it_was_stored,
            session::of_racing_session_writers_one_wins,
            session::a_session_write_needs_the_version_before,
            session_list::session_pages_cover_the_list,
            session_list::sessions_are_filtered_by_subject_connection_and_activity,
            session_list::a_list_shows_the_present_session,
            subject::a_claim_replaces_the_identity,
            subject::identities_come_the_last_verified_first,
            tenants::tenants_do_not_meet,
            tenants::tenants_do_not_meet_in_sessions,
            tenants::tenants_do_not_meet_in_notifications,
            tenants::tenants_do_not_meet_in_webhooks,
            tenants::random_calls_of_many_tenants_never_cross,
            told::a_delivery_is_written_once,
            told::what_is_told_is_stored_with_its_change_only,
        }
    };
}

/// The suite for stores that keep their rows: `durable_store_suite!(open)`, with `async fn open() -> impl DurableFixture`.
#[macro_export]
macro_rules! durable_store_suite {
    ($open:expr) => {
        $crate::store_tests! {
            $open;
            durable::what_was_written_is_there_after_a_crash,
            durable::what_is_due_is_due_after_a_restart,
        }
    };
}

/// The suite for durable stores that only one process can have: `exclusive_store_suite!(open)`.
#[macro_export]
macro_rules! exclusive_store_suite {
    ($open:expr) => {
        $crate::store_tests! { $open; durable::leases_do_not_survive_their_process }
    };
}

/// The suite for stores that several processes can have: `shared_store_suite!(open)`, with `async fn open() -> impl SharedFixture`.
#[macro_export]
macro_rules! shared_store_suite {
    ($open:expr) => {
        $crate::store_tests! {
            $open;
            change::what_one_replica_changes_the_other_hears,
            change::a_replica_does_not_hear_itself,
            shared::leases_are_kept_between_replicas,
            shared::racing_replicas_share_out_what_is_due,
            shared::of_racing_replicas_one_writes,
            shared::a_lease_survives_its_process_until_it_ends,
        }
    };
}
