//! What Herald keeps things in: the third side of the matrix.

/// One store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Backing {
    /// One process with its own file.
    Embedded,
    /// A Redis that lives on when Herald is killed.
    Redis,
}

impl Backing {
    /// Those that `HERALD_CHAOS_STORE` names; both when it is unset.
    pub(crate) fn chosen() -> Vec<Self> {
        match std::env::var("HERALD_CHAOS_STORE").as_deref() {
            Ok("embedded") => vec![Self::Embedded],
            Ok("redis") => vec![Self::Redis],
            Ok("all") | Err(_) => vec![Self::Embedded, Self::Redis],
            Ok(other) => panic!("HERALD_CHAOS_STORE is embedded, redis or all, not {other:?}"),
        }
    }
}
