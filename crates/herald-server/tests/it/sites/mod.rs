//! Sites over real sockets: what proxies ask in each dialect, and how browsers get into a site and out of it.

mod credentials;
mod cross_site;
mod dialects;
mod entering;
pub(crate) mod forger;
mod hostile_pages;
mod identity;
mod leaving;
mod outages;
mod proxy;
mod recorded;
mod spoofing;
