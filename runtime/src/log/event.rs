//! Writes an event: with bounded values, and to stderr if there is no subscriber.

use std::{
    io::Write as _,
    net::{IpAddr, SocketAddr},
    time::Duration,
};

use tracing::{
    Level,
    field::{DebugValue, DisplayValue, debug, display},
    subscriber::NoSubscriber,
};

use super::cut;

/// Emits one event with the target `sockeye`, and writes the same to stderr if no subscriber is installed. Every value
/// passes through [`Shown`], so none is too long. No other macro of `tracing` may be used for events, so that none is
/// forgotten; `clippy.toml` and a test below ensure that.
///
/// The first argument is the level; `reason` is what happened and `remedy` what to do. Values are evaluated more than once.
macro_rules! event {
    ($level:expr, $message:literal $(, $field:ident = $value:expr)* $(,)?) => {{
        #[allow(unused_imports, reason = "an event can be without fields")]
        use $crate::log::Shown as _;
        let level: tracing::Level = $level;
        match level {
            tracing::Level::ERROR => $crate::log::at!(ERROR, $message $(, $field = $value)*),
            tracing::Level::WARN => $crate::log::at!(WARN, $message $(, $field = $value)*),
            tracing::Level::INFO => $crate::log::at!(INFO, $message $(, $field = $value)*),
            tracing::Level::DEBUG => $crate::log::at!(DEBUG, $message $(, $field = $value)*),
            _ => $crate::log::at!(TRACE, $message $(, $field = $value)*),
        }
        $crate::log::to_stderr(level, $message, || vec![$((stringify!($field), $value.text())),*]);
    }};
}

macro_rules! at {
    ($level:ident, $message:literal $(, $field:ident = $value:expr)*) => {{
        tracing::event!(target: "sockeye", tracing::Level::$level, $($field = $value.shown(),)* $message)
    }};
}

pub(crate) use {at, event};

/// A value of a field as it is shown.
pub(crate) trait Shown {
    type Value: tracing::Value;

    /// For `tracing`.
    fn shown(&self) -> Self::Value;

    /// For stderr.
    fn text(&self) -> String;
}

impl Shown for str {
    type Value = String;

    fn shown(&self) -> String {
        cut::field(self)
    }

    fn text(&self) -> String {
        cut::field(self)
    }
}

/// The frames of a backtrace, in lines. Nothing from outside is in them, so they are not cut.
pub(crate) struct Frames(pub(crate) String);

impl Shown for Frames {
    type Value = DisplayValue<String>;

    fn shown(&self) -> DisplayValue<String> {
        display(format!("\n{}", self.0))
    }

    fn text(&self) -> String {
        format!("\n{}", self.0)
    }
}

impl<T: Shown + ?Sized> Shown for &T {
    type Value = T::Value;

    fn shown(&self) -> T::Value {
        (**self).shown()
    }

    fn text(&self) -> String {
        (**self).text()
    }
}

impl<T: Shown> Shown for Option<T> {
    type Value = Option<T::Value>;

    fn shown(&self) -> Self::Value {
        self.as_ref().map(T::shown)
    }

    fn text(&self) -> String {
        self.as_ref().map_or_else(|| "-".to_owned(), T::text)
    }
}

macro_rules! shown {
    ($($Type:ty as $Value:ty: $shown:path, $text:literal;)*) => {$(
        impl Shown for $Type {
            type Value = $Value;

            fn shown(&self) -> $Value {
                $shown(*self)
            }

            fn text(&self) -> String {
                format!($text, self)
            }
        }
    )*};
}

shown! {
    u16 as u16: std::convert::identity, "{}";
    u64 as u64: std::convert::identity, "{}";
    usize as usize: std::convert::identity, "{}";
    SocketAddr as DisplayValue<SocketAddr>: display, "{}";
    IpAddr as DisplayValue<IpAddr>: display, "{}";
    Duration as DebugValue<Duration>: debug, "{:?}";
    http::Version as DebugValue<http::Version>: debug, "{:?}";
}

/// Whether a `tracing` subscriber is installed; one whose filter drops our events counts.
pub(crate) fn nobody_listens() -> bool {
    tracing::dispatcher::get_default(tracing::Dispatch::is::<NoSubscriber>)
}

/// Writes a warning or an error if there is no subscriber: otherwise it would be lost silently.
pub(crate) fn to_stderr(level: Level, message: &str, fields: impl FnOnce() -> Vec<(&'static str, String)>) {
    if level <= Level::WARN && nobody_listens() {
        let line = line(message, &fields());
        // There is no other place to report a failure.
        let _unheard = writeln!(std::io::stderr(), "sockeye: {level}: {line}");
    }
}

fn line(message: &str, fields: &[(&'static str, String)]) -> String {
    let value = |name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| value);
    let mut line = message.to_owned();
    if let Some(reason) = value("reason") {
        line = format!("{line}: {reason}");
    }
    let rest = fields.iter().filter(|(field, _)| !["reason", "remedy"].contains(field));
    let rest: Vec<_> = rest.map(|(field, value)| format!("{field}={value}")).collect();
    if !rest.is_empty() {
        line = format!("{line}; {}", rest.join(" "));
    }
    if let Some(remedy) = value("remedy") {
        line = format!("{line} help: {remedy}");
    }
    line
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;

    #[test]
    fn what_goes_to_stderr_is_one_line_in_one_form() {
        let fields = [("endpoint", "echo"), ("reason", "log in"), ("remedy", "look at it"), ("peer", "-")]
            .map(|(name, value)| (name, value.to_owned()));
        assert_eq!(line("refused", &fields), "refused: log in; endpoint=echo peer=- help: look at it");
        assert_eq!(line("over", &[]), "over");
        assert_eq!((Some("a\nb").text(), None::<u16>.text()), (r"a\nb".to_owned(), "-".to_owned()));
    }

    /// Files below this directory that contain the text.
    fn files_with(text: &str, folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                files_with(text, &path, found);
            } else if fs::read_to_string(&path).expect("a source").contains(text) {
                found.push(path.file_name().expect("a name").to_string_lossy().into_owned());
            }
        }
    }

    #[test]
    fn events_are_written_in_one_place() {
        let mut found = Vec::new();
        files_with(
            concat!("tracing::", "event!("),
            &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
            &mut found,
        );
        assert_eq!(found, ["event.rs"]);
    }
}
