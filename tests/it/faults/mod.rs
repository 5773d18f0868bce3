//! What providers and networks do wrong when a message is sent, and what Herald makes of it: surely not sent is tried again,
//! an end that nobody saw is `unknown`, a refusal is `failed`, and nothing hangs, leaks or falls over.

mod answers;
mod antara;
mod bed;
mod limits;
mod peer;
mod poison;
mod transport;
