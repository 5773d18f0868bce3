//! What callers of notifications rely on, seen from outside.

mod idempotency;
