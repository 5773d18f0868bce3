//! Black-box tests of the built binary, and tests about the repository itself.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up must fail")]

mod architecture;
mod bad_inputs;
mod browser;
mod caller;
mod canary;
mod crash;
mod crowd;
mod delivery;
mod demo;
mod deployment;
mod dice;
mod failpoints;
mod faults;
mod first_login;
mod front;
mod journey;
mod live_page;
mod one_process;
mod papers;
mod process;
mod proxy;
mod readme;
mod receiver;
#[expect(dead_code, reason = "chaos uses it too")]
mod relay;
mod replicas;
mod sessions;
mod shop;
mod stack;
mod tidy;
mod token;
mod tools;
mod tree;
mod waiter;
mod webdriver;
