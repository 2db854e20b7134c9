//! Shortens full type names.

/// `sockeye::hub::Hub<app::LogRecord>` becomes `Hub<LogRecord>`.
pub(super) fn short(name: &str) -> String {
    let mut short = String::with_capacity(name.len());
    let mut word_start = 0;
    let mut characters = name.chars().peekable();
    while let Some(c) = characters.next() {
        if c == ':' && characters.peek() == Some(&':') {
            characters.next();
            short.truncate(word_start);
            continue;
        }
        short.push(c);
        if !(c.is_alphanumeric() || c == '_') {
            word_start = short.len();
        }
    }
    short
}

/// The parameters of a type as written: `Hub<LogRecord>` of `State<Hub<LogRecord>>`.
///
/// `None` if they are not written out, as in an alias.
pub(super) fn inside<'a>(written: &'a str, wrapper: &str) -> Option<&'a str> {
    let (head, rest) = written.trim().split_once('<')?;
    let last = head.trim().rsplit("::").next()?.trim();
    (last == wrapper).then(|| rest.strip_suffix('>').map(str::trim))?
}

#[cfg(test)]
mod tests {
    use super::{inside, short};

    #[test]
    fn names_lose_their_paths() {
        assert_eq!(short("sockeye::hub::Hub<app::logs::LogRecord>"), "Hub<LogRecord>");
        assert_eq!(short("alloc::sync::Arc<dyn app::Store + core::marker::Send>"), "Arc<dyn Store + Send>");
        assert_eq!(short("(u8, &str, [a::B; 4])"), "(u8, &str, [B; 4])");
    }

    #[test]
    fn parameters_are_taken_as_written() {
        assert_eq!(inside("State<Hub<LogRecord>>", "State"), Some("Hub<LogRecord>"));
        assert_eq!(inside("axum::extract::State < App >", "State"), Some("App"));
        assert_eq!(inside("MyState", "State"), None);
        assert_eq!(inside("Shared<App>", "State"), None);
    }
}
