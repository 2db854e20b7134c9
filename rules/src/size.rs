//! Sizes of messages, as in `max_message_size = "64 KiB"`.
//!
//! Written by hand: crates for sizes accept fractions and disagree about `KB`, and an error has to say what to write
//! instead.

use crate::value::{ValueProblem, split_unit};

/// The units that a size can have, and how many bytes each is.
const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("B", 1),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// The largest size, in bytes: the maximum for a buffer on every target, including those with 32 bits.
pub const MAX: usize = i32::MAX as usize;

/// Parses a size in bytes.
///
/// ```
/// assert_eq!(sockeye_rules::size::parse("64 KiB"), Ok(65_536));
/// assert_eq!(sockeye_rules::size::parse("64 KB"), Ok(64_000));
/// assert_eq!(sockeye_rules::size::parse("65536"), Ok(65_536));
/// ```
///
/// # Errors
///
/// If the text is not a whole number with a unit of bytes, is zero, or is more than [`MAX`].
pub fn parse(text: &str) -> Result<usize, ValueProblem> {
    let (digits, unit) = split_unit(text);
    if digits.is_empty() {
        return Err(malformed(text, "a size is a whole number and a unit", "64 KiB"));
    }
    let Some((_, factor)) = UNITS.iter().find(|(name, _)| *name == unit) else {
        return Err(unknown_unit(text, digits, unit));
    };
    let bytes = digits.parse::<u64>().ok().and_then(|count| count.checked_mul(*factor));
    match bytes.and_then(|bytes| usize::try_from(bytes).ok()) {
        Some(0) => Err(malformed(text, "a limit of zero would reject every message", "64 KiB")),
        Some(bytes) if bytes <= MAX => Ok(bytes),
        _ => Err(malformed(text, "more than 2 GiB cannot be received as one message", "16 MiB")),
    }
}

fn malformed(text: &str, why: &str, example: &str) -> ValueProblem {
    ValueProblem::new(format!("`{text}` is not a valid size: {why}"), format!("write `\"{example}\"`"))
}

fn unknown_unit(text: &str, digits: &str, unit: &str) -> ValueProblem {
    let nearest = nearest_unit(unit);
    let help = nearest.map_or_else(
        || "the units are B, KB, MB, GB and KiB, MiB, GiB: write `\"64 KiB\"`".to_owned(),
        |unit| format!("write `\"{digits} {unit}\"`"),
    );
    ValueProblem::new(format!("`{text}` is not a valid size: unknown unit `{unit}`"), help)
}

/// People write `kib`, `Kib`, `k` and `K` for `KiB`.
fn nearest_unit(unit: &str) -> Option<&'static str> {
    let unit = unit.trim().to_ascii_lowercase();
    let binary =
        |letter: &str| UNITS.iter().map(|(name, _)| *name).find(|name| name.to_ascii_lowercase() == letter);
    match unit.as_str() {
        "k" => Some("KiB"),
        "m" => Some("MiB"),
        "g" => Some("GiB"),
        "byte" | "bytes" => Some("B"),
        other => binary(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_read_with_and_without_a_space() {
        for (text, bytes) in [
            ("1", 1),
            ("65536", 65_536),
            ("2 B", 2),
            ("64KiB", 65_536),
            ("64 KB", 64_000),
            ("1 MiB", 1 << 20),
        ] {
            assert_eq!(parse(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_says_what_to_write() {
        for (text, help) in [
            ("64 kib", "write `\"64 KiB\"`"),
            ("64k", "write `\"64 KiB\"`"),
            ("", "write `\"64 KiB\"`"),
            ("0", "write `\"64 KiB\"`"),
            ("-1", "write `\"64 KiB\"`"),
            ("3 GiB", "write `\"16 MiB\"`"),
            ("99999999999999999999999", "write `\"16 MiB\"`"),
            ("99999999999999999 GiB", "write `\"16 MiB\"`"),
            ("1.5 MiB", "the units are B, KB, MB, GB and KiB, MiB, GiB: write `\"64 KiB\"`"),
        ] {
            assert_eq!(
                parse(text).map_err(|problem| problem.help().to_owned()),
                Err(help.to_owned()),
                "{text}"
            );
        }
    }
}
