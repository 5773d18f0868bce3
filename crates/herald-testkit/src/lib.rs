//! Conformance suites for the ports of `herald-core`, and fakes. Only ever a dev-dependency.

pub mod fake_clock;
pub mod fake_courier;
pub mod fake_notifier;
pub mod fake_provider;
pub mod fake_sessions;
pub mod late_store;
pub mod notifier_suite;
pub mod peer;
pub mod ports;
pub mod provider_suite;
pub mod redis_server;
pub mod shared_store;
pub mod store_suite;
pub mod webhook_source_suite;
