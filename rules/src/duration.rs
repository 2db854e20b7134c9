//! Durations, as in `heartbeat = "30s"`.
//!
//! Not `humantime`: it also accepts `1month` and sums such as `1h 5m`, and its errors do not say what to write instead.

use std::time::Duration;

use crate::value::{ValueProblem, split_unit};

/// The units that a duration can have, and how many milliseconds each is.
const UNITS: [(&str, u64); 4] = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];

/// The longest duration: a day. Anything longer is a mistake, or means `off`.
pub const MAX: Duration = Duration::from_hours(24);

/// Parses a duration in whole milliseconds, seconds, minutes or hours.
///
/// ```
/// use std::time::Duration;
/// assert_eq!(sockeye_rules::duration::parse("30s"), Ok(Duration::from_secs(30)));
/// assert_eq!(sockeye_rules::duration::parse("500ms"), Ok(Duration::from_millis(500)));
/// ```
///
/// # Errors
///
/// If the text is not a whole number with a unit, is zero, or is more than [`MAX`].
pub fn parse(text: &str) -> Result<Duration, ValueProblem> {
    let (digits, unit) = split_unit(text);
    if digits.is_empty() {
        return Err(malformed(text, "a duration is a whole number and a unit", "\"30s\""));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(unknown_unit(text, digits, unit));
    };
    let millis = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(*factor));
    match millis.map(Duration::from_millis) {
        Some(Duration::ZERO) => Err(malformed(text, "it is zero", "\"30s\"")),
        Some(duration) if duration <= MAX => Ok(duration),
        _ => Err(malformed(text, "it is longer than a day", "\"24h\"")),
    }
}

fn malformed(text: &str, why: &str, example: &str) -> ValueProblem {
    ValueProblem::new(format!("`{text}` is not a valid duration: {why}"), format!("write `{example}`"))
}

fn unknown_unit(text: &str, digits: &str, unit: &str) -> ValueProblem {
    let nearest = match unit.trim().to_ascii_lowercase().as_str() {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => Some("s"),
        "ms" | "msec" | "millis" | "milliseconds" => Some("ms"),
        "m" | "min" | "mins" | "minute" | "minutes" => Some("m"),
        "h" | "hour" | "hours" => Some("h"),
        _ => None,
    };
    let what = if unit.is_empty() { "it has no unit".to_owned() } else { format!("unknown unit `{unit}`") };
    let help = nearest.map_or_else(
        || "the units are ms, s, m and h: write `\"30s\"`".to_owned(),
        |unit| format!("write `\"{digits}{unit}\"`"),
    );
    ValueProblem::new(format!("`{text}` is not a valid duration: {what}"), help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_with_and_without_a_space() {
        for (text, millis) in
            [("500ms", 500), ("30s", 30_000), ("30 s", 30_000), ("2m", 120_000), ("24h", 86_400_000)]
        {
            assert_eq!(parse(text), Ok(Duration::from_millis(millis)), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration_says_what_to_write() {
        for (text, help) in [
            ("30", "write `\"30s\"`"),
            ("30 sec", "write `\"30s\"`"),
            ("5min", "write `\"5m\"`"),
            ("", "write `\"30s\"`"),
            ("-5s", "write `\"30s\"`"),
            ("0s", "write `\"30s\"`"),
            ("25h", "write `\"24h\"`"),
            ("999999999999999999h", "write `\"24h\"`"),
            ("1 fortnight", "the units are ms, s, m and h: write `\"30s\"`"),
        ] {
            assert_eq!(
                parse(text).map_err(|problem| problem.help().to_owned()),
                Err(help.to_owned()),
                "{text}"
            );
        }
    }
}
