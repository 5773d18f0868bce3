//! Several Heralds over one Redis: to callers, people and providers they are one.

mod canary;
pub(crate) mod fleet;
mod idempotency;
mod installation;
mod limits;
mod logins;
mod looks;
mod modes;
mod outage;
mod poller;
mod refusal;
mod rolling;
mod sessions;
mod single_flight;
mod take_over;
mod webhooks;
mod zombie;
