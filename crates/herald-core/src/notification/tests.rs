//! Tests of the notification's moves.
