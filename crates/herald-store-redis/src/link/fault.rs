//! What can go wrong on the way to Redis, and what the caller hears of it: never an address, a password or a value.

use std::{error::Error, io, sync::Arc};

use herald_core::store::StoreError;
use redis::{ErrorKind, RedisError, ServerErrorKind};

use super::address::Address;

/// A call failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Fault {
    /// It may have taken effect or not.
    #[error("Redis did not answer in time")]
    Late,
    /// Nothing was sent.
    #[error("too many calls are waiting for Redis")]
    Crowded,
    /// There is no connection, or it broke while the call was on its way.
    #[error("there is no connection to Redis ({0})")]
    Broken(io::ErrorKind),
    /// The name of the host leads nowhere.
    #[error("there is no connection to Redis (the name of its host cannot be resolved)")]
    Unresolved,
    /// The certificate is not trusted or not for this name, or there is no TLS at the other end.
    #[error("there is no connection to Redis: TLS failed ({0})")]
    Tls(&'static str),
    /// The user or the password is wrong, or one is needed.
    #[error("Redis refused the user or the password")]
    Password,
    /// No Sentinel knows the name, or who was taken for the master is a replica (yet).
    #[error("there is no master of Redis")]
    NoMaster,
    /// The slot of the key is served by nobody.
    #[error("no node of the cluster serves the key")]
    NoNode,
    /// The slot is, or is about to be, elsewhere. Nothing was done.
    #[error("Redis answered {}", if *.is_ask { "ASK" } else { "MOVED" })]
    Elsewhere {
        /// At this node; without a host: the same as that of who answered.
        address: Address,
        /// For this call only.
        is_ask: bool,
    },
    /// It refused, with this code.
    #[error("Redis answered {0}")]
    Refused(String),
    /// A script failed at this line.
    #[error("a script failed at line {0}")]
    Script(u32),
    /// The answer is of another shape than the command gives.
    #[error("the answer from Redis makes no sense")]
    Unreadable,
}

impl Fault {
    /// Is there no connection, or one over which no answer comes?
    pub(super) fn is_of_connection(&self) -> bool {
        matches!(self, Self::Late | Self::Broken(_) | Self::Unresolved | Self::Tls(_) | Self::NoMaster)
    }

    /// Is it perhaps the wrong server, or the wrong time that it was connected to? Who answers `READONLY` was made a replica.
    pub(super) fn is_of_server(&self) -> bool {
        matches!(self, Self::Password) || self.is_refused("READONLY") || self.is_refused("MASTERDOWN")
    }

    /// Was it refused with this code?
    pub(super) fn is_refused(&self, code: &str) -> bool {
        matches!(self, Self::Refused(found) if found == code)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        let is_corrupt = match &fault {
            Fault::Script(_) | Fault::Unreadable => true,
            Fault::Refused(code) => ["WRONGTYPE", "ERR", "CROSSSLOT"].contains(&code.as_str()),
            _ => false,
        };
        if is_corrupt { Self::Corrupt(fault.to_string()) } else { Self::Unavailable(Box::new(fault)) }
    }
}

impl From<RedisError> for Fault {
    fn from(error: RedisError) -> Self {
        // Of several commands that were sent together the first that was refused: the error of all of them tells nothing more than a
        // kind, neither code nor address.
        let error = match error.clone().into_server_errors().as_deref() {
            Some([(_, first), ..]) => RedisError::from(first.clone()),
            _ => error,
        };
        match error.kind() {
            ErrorKind::Io if error.is_timeout() => Self::Late,
            ErrorKind::AuthenticationFailed => Self::Password,
            ErrorKind::UnexpectedReturnType => Self::Unreadable,
            ErrorKind::Server(ServerErrorKind::Moved | ServerErrorKind::Ask) => elsewhere(&error),
            ErrorKind::Server(_) | ErrorKind::Extension => refused(&error),
            // Also where the other end speaks something else, or no connection could be set up.
            _ => broken(&error),
        }
    }
}

fn broken(error: &RedisError) -> Fault {
    let cause = cause(error);
    let io_error = cause.and_then(|cause| cause.downcast_ref::<io::Error>());
    let inner = io_error.and_then(io::Error::get_ref).and_then(|inner| inner.downcast_ref::<rustls::Error>());
    let tls_error = inner.or_else(|| cause.and_then(|cause| cause.downcast_ref::<rustls::Error>()));
    match (tls_error, io_error) {
        (Some(rustls::Error::InvalidCertificate(_)), _) => {
            Fault::Tls("the certificate is not trusted, or not for this name")
        }
        (Some(_), _) => Fault::Tls("the other end speaks another protocol"),
        // No kind tells it; what the standard library says of it does not name the host.
        (None, Some(error)) if error.to_string().starts_with("failed to lookup address") => Fault::Unresolved,
        (None, Some(error)) => Fault::Broken(error.kind()),
        (None, None) if error.kind() == ErrorKind::Parse => Fault::Broken(io::ErrorKind::InvalidData),
        (None, None) => Fault::Broken(io::ErrorKind::NotConnected),
    }
}

/// The error that the library met itself; it hands it out in an `Arc`.
fn cause(error: &RedisError) -> Option<&(dyn Error + 'static)> {
    let source = error.source()?;
    match source.downcast_ref::<Arc<dyn Error + Send + Sync>>() {
        Some(shared) => Some(shared.as_ref()),
        None => Some(source),
    }
}

fn elsewhere(error: &RedisError) -> Fault {
    let is_ask = error.kind() == ErrorKind::Server(ServerErrorKind::Ask);
    match error.redirect_node().and_then(|(address, _)| Address::parse(address)) {
        // A node that does not know the host of the other, because it was set not to tell it, says `?`.
        Some(address) if address.host == "?" => {
            Fault::Elsewhere { address: Address { host: String::new(), ..address }, is_ask }
        }
        Some(address) => Fault::Elsewhere { address, is_ask },
        None => Fault::Unreadable,
    }
}

fn refused(error: &RedisError) -> Fault {
    let code = error.code().unwrap_or("ERR");
    match code {
        "NOAUTH" | "WRONGPASS" => Fault::Password,
        // The text of a script's failure may repeat what it was given; the line does not.
        "ERR" => error.detail().and_then(script_line).map_or(Fault::Refused("ERR".to_owned()), Fault::Script),
        code if code.bytes().all(|byte| byte.is_ascii_uppercase()) && code.len() <= 20 => {
            Fault::Refused(code.to_owned())
        }
        _ => Fault::Refused("ERR".to_owned()),
    }
}

/// The line after `user_script:`, as Lua names the place of a failure.
fn script_line(text: &str) -> Option<u32> {
    let (_, rest) = text.split_once("user_script:")?;
    rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(answer: &[u8]) -> Fault {
        redis::parse_redis_value(answer).unwrap().extract_error().unwrap_err().into()
    }

    #[test]
    fn what_redis_cannot_do_now_is_unavailable_and_what_it_holds_wrongly_is_corrupt() {
        for (answer, is_unavailable) in [
            ("-OOM command not allowed when used memory > 'maxmemory'.", true),
            ("-READONLY You can't write against a read only replica.", true),
            ("-LOADING Redis is loading the dataset in memory", true),
            ("-MASTERDOWN Link with MASTER is down", true),
            ("-CLUSTERDOWN The cluster is down", true),
            ("-MISCONF Errors writing to the AOF file: No space left on device", true),
            ("-NOAUTH Authentication required.", true),
            ("-WRONGTYPE Operation against a key holding the wrong kind of value", false),
            ("-ERR user_script:12: attempt to index a nil value script: abc", false),
        ] {
            let error = StoreError::from(fault(format!("{answer}\r\n").as_bytes()));
            assert_eq!(matches!(error, StoreError::Unavailable(_)), is_unavailable, "{answer}: {error}");
        }
    }

    #[test]
    fn an_answer_shows_its_code_only() {
        for answer in ["-ERR no 79991234567", "-79991234567 no", "-Oops 79991234567", "-OOM 79991234567"] {
            let text = StoreError::from(fault(format!("{answer}\r\n").as_bytes())).to_string();
            assert!(!text.contains("7999"), "{text}");
        }
        let text = fault(b"-ERR user_script:12: bad 79991234567 script: abc\r\n").to_string();
        assert_eq!(text, "a script failed at line 12");
    }

    #[test]
    fn a_lost_connection_is_told_by_its_kind() {
        let refused = RedisError::from(io::Error::from(io::ErrorKind::ConnectionRefused));
        assert_eq!(Fault::from(refused), Fault::Broken(io::ErrorKind::ConnectionRefused));
        let late = RedisError::from(io::Error::from(io::ErrorKind::TimedOut));
        assert_eq!(Fault::from(late), Fault::Late);
        let untrusted = rustls::Error::InvalidCertificate(rustls::CertificateError::UnknownIssuer);
        let untrusted = RedisError::from(io::Error::new(io::ErrorKind::InvalidData, untrusted));
        assert!(Fault::from(untrusted).to_string().contains("the certificate is not trusted"));
    }

    #[test]
    fn a_redirect_names_the_node() {
        let address = |host: &str| Address { host: host.to_owned(), port: 7001 };
        for (answer, address, is_ask) in [
            (b"-MOVED 12182 10.0.0.1:7001\r\n".as_slice(), address("10.0.0.1"), false),
            (b"-ASK 12182 [::1]:7001\r\n".as_slice(), address("::1"), true),
            (b"-MOVED 12182 :7001\r\n".as_slice(), address(""), false),
            (b"-MOVED 12182 ?:7001\r\n".as_slice(), address(""), false),
        ] {
            assert_eq!(fault(answer), Fault::Elsewhere { address, is_ask });
        }
    }
}
