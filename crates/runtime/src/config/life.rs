//! How a process comes to its end.

use std::time::Duration;

use clap::Args;

/// How long the stages of the end take.
#[derive(Debug, Clone, Copy, Args)]
#[command(next_help_heading = "End")]
pub struct LifeConfig {
    /// When asked to stop, go on as before for so many seconds, so that whoever balances load hears of it first.
    #[arg(long, env = "HANDOFF_DRAIN_WAIT", value_name = "SECONDS", default_value = "5", value_parser = seconds)]
    pub drain_wait: Duration,

    /// How many seconds calls in flight get after that before they are cut.
    #[arg(long, env = "HANDOFF_DRAIN_LIMIT", value_name = "SECONDS", default_value = "20", value_parser = seconds)]
    pub drain_limit: Duration,
}

impl LifeConfig {
    /// Nobody balances load on loopback, and whoever stops a process there waits for it.
    pub(super) fn on_loopback() -> Self {
        Self { drain_wait: Duration::ZERO, drain_limit: Duration::from_secs(4) }
    }
}

/// Seconds, whole or with a fraction, up to an hour.
fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "it is no number of seconds".to_owned())?;
    if !(0.0..=3_600.0).contains(&seconds) {
        return Err("it lies between 0 and 3600 seconds".to_owned());
    }
    Ok(Duration::from_secs_f64(seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_read_or_refused() {
        assert_eq!(seconds("5"), Ok(Duration::from_secs(5)));
        assert_eq!(seconds("0.25"), Ok(Duration::from_millis(250)));
        assert_eq!(seconds("3600"), Ok(Duration::from_secs(3_600)));
        for bad in ["", "5s", "-1", "NaN", "inf", "3601"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
