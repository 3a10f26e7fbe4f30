//! How often a request is tried again, and how long is waited in between.
//!
//! The wait doubles each time; a server that says when it wants to be asked again (`Retry-After`, RFC
//! 9110 section 10.2.3, in seconds) is believed, up to the longest wait.

use std::time::Duration;

/// Patience with a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// How often a request is sent at most; at least 1.
    pub attempts: u32,
    /// The wait before the second attempt.
    pub first_wait: Duration,
    /// No wait is longer.
    pub longest_wait: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            attempts: 6,
            first_wait: Duration::from_millis(500),
            longest_wait: Duration::from_secs(30),
        }
    }
}

impl Retry {
    /// The wait after the failed attempt number `attempt` (from 1).
    pub fn wait(&self, attempt: u32, retry_after: Option<Duration>) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        let wait = retry_after.unwrap_or_else(|| self.first_wait.saturating_mul(doubled));
        wait.min(self.longest_wait)
    }
}

/// Whether a status means "not now" and not "no".
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 409 | 425 | 429 | 500..=599)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_longest_and_the_server_has_the_last_word() {
        let retry = Retry::default();
        let waits: Vec<u128> = (1..=8).map(|n| retry.wait(n, None).as_millis()).collect();
        assert_eq!(waits, [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000]);
        assert_eq!(retry.wait(1, Some(Duration::from_secs(7))).as_secs(), 7);
        assert_eq!(retry.wait(1, Some(Duration::from_secs(700))).as_secs(), 30);
    }
}
