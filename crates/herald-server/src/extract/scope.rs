//! Scopes as types, so that a handler's signature says which one it needs.

use herald_app::Scope;

/// A scope that a key must carry.
pub trait RequiredScope: 'static {
    /// Which one.
    const SCOPE: Scope;
}

macro_rules! scopes {
    ($($name:ident)*) => {$(
        #[doc = concat!("Needs [`Scope::", stringify!($name), "`].")]
        #[derive(Clone, Copy, Debug)]
        pub enum $name {}

        impl RequiredScope for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}

scopes! {
    LoginsWrite LoginsRead NotificationsWrite NotificationsRead SessionsVerify SessionsWrite SessionsRead
    WebhooksWrite
}
