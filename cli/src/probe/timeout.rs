use std::time::Duration;

/// Parses a `--timeout`.
pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let number: f64 = text.parse().map_err(|_| "not a number of seconds".to_owned())?;
    // More than a day is a mistake, and an infinite number is not a duration.
    let sensible = number > 0.0 && number <= 86_400.0;
    sensible
        .then(|| Duration::from_secs_f64(number))
        .ok_or_else(|| "not between 0 and 86400 seconds".to_owned())
}
