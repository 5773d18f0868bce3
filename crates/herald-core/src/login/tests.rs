//! Tests of the login's moves.
