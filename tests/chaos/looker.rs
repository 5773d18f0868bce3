//! Looks at what a replica says of itself.

use std::time::Duration;

/// Looks at a replica's management port.
pub(crate) struct Looker {
    pub(crate) http: reqwest::Client,
    pub(crate) url: String,
}

impl Looker {
    /// What `livez` or `readyz` answers; 0 for nothing.
    pub(crate) async fn health(&self, what: &str) -> u16 {
        let request = self.http.get(format!("{}/{what}", self.url)).timeout(Duration::from_secs(5));
        request.send().await.map_or(0, |answer| answer.status().as_u16())
    }
}
