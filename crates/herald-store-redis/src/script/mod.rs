//! Scripts, put together of what they share and what each does.

/// A script of these files, one after the other; the paths are those of `include_str!`.
macro_rules! script {
    ($($file:literal),+) => {
        std::sync::LazyLock::new(|| redis::Script::new(concat!($(include_str!($file)),+)))
    };
}

pub(crate) use script;
