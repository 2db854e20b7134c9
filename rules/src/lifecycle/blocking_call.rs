use crate::{
    BLOCKING_CALL,
    flow::{Flow, Step},
    syntax::Sink,
};

/// What blocks the thread, as a path or its beginning, and what to write instead.
const BLOCKING: [(&str, &str); 15] = [
    ("std::thread::sleep", "`tokio::time::sleep(..).await`"),
    ("thread::sleep", "`tokio::time::sleep(..).await`"),
    ("std::io::stdin.read_line", "`tokio::io::stdin()`, with `.await` on what reads"),
    ("std::io::stdin.lines", "`tokio::io::stdin()`, with `.await` on what reads"),
    ("std::io::stdin.read_to_string", "`tokio::io::stdin()`, with `.await` on what reads"),
    ("std::io::read_to_string", "`tokio::io`, with `.await`"),
    ("std::net::TcpStream::connect", "`tokio::net::TcpStream::connect(..).await`"),
    ("reqwest::blocking::", "`reqwest::get(..).await` or `reqwest::Client`"),
    ("ureq::get", "what an asynchronous client does"),
    ("ureq::post", "what an asynchronous client does"),
    ("futures::executor::block_on", "`.await`"),
    ("futures_executor::block_on", "`.await`"),
    ("pollster::block_on", "`.await`"),
    ("tokio::runtime::Handle::current.block_on", "`.await`"),
    ("Handle::current.block_on", "`.await`"),
];

/// Methods at the end of a chain that begins with a `Command` of `std`.
const COMMAND: [&str; 3] = ["output", "status", "wait_with_output"];

pub(crate) fn check(flow: &Flow<'_>, sink: &mut Sink) {
    if flow.function.sig.asyncness.is_none() {
        return; // it may run on a thread of its own
    }
    for (_, step) in flow.steps() {
        let Step::Call(call) = step else { continue };
        let Some(instead) = instead(&call.path).filter(|_| !call.awaited) else { continue };
        let message = format!(
            "`{}` blocks the thread: while it waits, every other connection on that thread waits too",
            shown(&call.path)
        );
        let help = format!("write {instead}, or move the work to `tokio::task::spawn_blocking`");
        sink.report(&BLOCKING_CALL, &call.at, message, help);
    }
}

fn instead(path: &str) -> Option<&'static str> {
    if let Some(method) = path.strip_prefix("std::process::Command::new.") {
        return COMMAND.contains(&method).then_some("`tokio::process::Command`, with `.await`");
    }
    if path.strip_prefix("std::fs::").is_some_and(touches_a_file) {
        return Some("`tokio::fs`, with `.await`");
    }
    let fits = |pattern: &str| {
        let of_crate = pattern.ends_with("::") && path.starts_with(pattern) && !path.contains('.');
        of_crate || path == pattern
    };
    BLOCKING.iter().find(|(pattern, _)| fits(pattern)).map(|(_, instead)| *instead)
}

/// The functions of `std::fs`, and what opens a file; a type such as `OpenOptions` alone does nothing.
fn touches_a_file(rest: &str) -> bool {
    let is_function = rest.starts_with(|first: char| first.is_lowercase()) && !rest.contains(['.', ':']);
    is_function
        || matches!(rest, "File::open" | "File::create" | "File::create_new" | "OpenOptions::new.open")
}

/// As a person would write it.
fn shown(path: &str) -> String {
    match path.replace("::new.", "::").replace("current.", "").split_once('.') {
        Some((base, method)) => format!("{base}().{method}"),
        None => path.replace("::new.", "::").replace("current.", ""),
    }
}
