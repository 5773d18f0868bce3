//! A clock that goes astray while the store is open.

use herald_core::{clock::Clock as _, store::SecretStore as _};
use herald_store_redis::RedisOptions;
use herald_testkit::redis_server::RedisServer;
use jiff::SignedDuration;
use tempfile::NamedTempFile;

use super::opening::{clock_of, open, options};

#[tokio::test]
async fn a_clock_that_goes_astray_is_told_once_and_makes_nothing_unready() {
    let server = RedisServer::start();
    for (is_development, told) in [(false, [0, 1, 1, 1, 2]), (true, [0; 5])] {
        let clock = clock_of(&server);
        let options = RedisOptions { is_development, ..options(&server.url()) };
        let store = open(options, clock.clone()).await.unwrap();
        let log = NamedTempFile::new().unwrap();
        let logs = tracing_subscriber::fmt().with_writer(log.reopen().unwrap()).finish();
        let _guard = tracing::subscriber::set_default(logs);
        for (skew, told) in [0, 60, 59, 0, -60].into_iter().zip(told) {
            let theirs = clock_of(&server).now();
            clock.advance(theirs.duration_since(clock.now()) + SignedDuration::from_secs(skew));
            store.ping().await.unwrap();
            let log = std::fs::read_to_string(log.path()).unwrap();
            assert_eq!(
                log.matches("the clocks of this host and of Redis are").count(),
                told,
                "{skew}: {log}"
            );
        }
    }
}
