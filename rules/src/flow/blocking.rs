//! Calls that block the thread.

use std::{collections::HashSet, sync::LazyLock};

use foldhash::fast::FixedState;

use super::{Call, Imports};
use crate::syntax::{Function, segments};

/// What to write instead of each call, one line per entry.
///
/// A path is that of a function. `path.method` is the method of the value that the function at that path returns, at the end of a chain
/// or on the variable that holds it, or of a value of the type with that path; `.method` alone is the method of any value. A path that
/// ends with `::` stands for every function below it.
const BLOCKING: &[(&str, &str)] = &[
    ("std::thread::sleep", "`tokio::time::sleep(..).await`"),
    ("std::thread::sleep_ms", "`tokio::time::sleep(..).await`"),
    ("thread::sleep", "`tokio::time::sleep(..).await`"),
    ("std::thread::park", "`tokio::sync::Notify`, with `.await`"),
    ("std::thread::spawn.join", "`tokio::task::spawn_blocking(..).await`"),
    ("thread::spawn.join", "`tokio::task::spawn_blocking(..).await`"),
    ("std::thread::JoinHandle.join", "`tokio::task::spawn_blocking(..).await`"),
    ("std::io::stdin.read_line", "`tokio::io::stdin()`, with `.await` on the read"),
    ("std::io::stdin.lines", "`tokio::io::stdin()`, with `.await` on the read"),
    ("std::io::stdin.read_to_string", "`tokio::io::stdin()`, with `.await` on the read"),
    ("std::io::read_to_string", "`tokio::io`, with `.await`"),
    ("std::net::TcpStream::connect", "`tokio::net::TcpStream::connect(..).await`"),
    ("std::net::TcpStream::connect_timeout", "`tokio::net::TcpStream::connect(..).await`"),
    ("std::fs::File.read_to_string", "`tokio::fs::File`, with `.await`"),
    ("std::fs::File.read_to_end", "`tokio::fs::File`, with `.await`"),
    ("std::fs::File.write_all", "`tokio::fs::File`, with `.await`"),
    ("std::fs::File.sync_all", "`tokio::fs::File`, with `.await`"),
    ("std::net::TcpStream.read_exact", "`tokio::net::TcpStream`, with `.await`"),
    ("std::net::TcpStream.read_to_end", "`tokio::net::TcpStream`, with `.await`"),
    ("std::net::TcpStream.read_to_string", "`tokio::net::TcpStream`, with `.await`"),
    ("std::net::TcpStream.write_all", "`tokio::net::TcpStream`, with `.await`"),
    ("std::net::TcpListener::bind.accept", "`tokio::net::TcpListener`, with `.await`"),
    ("std::net::UdpSocket::bind.recv", "`tokio::net::UdpSocket`, with `.await`"),
    ("std::net::UdpSocket::bind.recv_from", "`tokio::net::UdpSocket`, with `.await`"),
    ("std::os::unix::net::UnixStream::connect", "`tokio::net::UnixStream::connect(..).await`"),
    (".to_socket_addrs", "`tokio::net::lookup_host(..).await`"),
    ("std::process::Command::new.output", "`tokio::process::Command`, with `.await`"),
    ("std::process::Command::new.status", "`tokio::process::Command`, with `.await`"),
    ("std::process::Command::new.wait", "`tokio::process::Command`, with `.await`"),
    ("std::process::Command::new.wait_with_output", "`tokio::process::Command`, with `.await`"),
    ("std::process::Child.wait", "`tokio::process::Command`, with `.await`"),
    ("std::process::Child.wait_with_output", "`tokio::process::Command`, with `.await`"),
    ("std::sync::mpsc::channel.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("std::sync::mpsc::channel.recv_timeout", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("std::sync::mpsc::sync_channel.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("std::sync::mpsc::sync_channel.recv_timeout", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("std::sync::mpsc::Receiver.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("std::sync::mpsc::Receiver.recv_timeout", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("crossbeam_channel::unbounded.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("crossbeam_channel::bounded.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("crossbeam_channel::Receiver.recv", "`tokio::sync::mpsc`, with `.await` on `recv`"),
    ("flume::unbounded.recv", "`recv_async().await`"),
    ("flume::bounded.recv", "`recv_async().await`"),
    ("flume::Receiver.recv", "`recv_async().await`"),
    ("std::sync::Barrier::new.wait", "`tokio::sync::Barrier`, with `.await`"),
    ("std::sync::Barrier.wait", "`tokio::sync::Barrier`, with `.await`"),
    ("std::sync::Condvar.wait", "`tokio::sync::Notify`, with `.await`"),
    (".blocking_send", "`send(..).await`"),
    (".blocking_recv", "`recv().await`"),
    (".blocking_lock", "`lock().await`"),
    (".blocking_read", "`read().await`"),
    (".blocking_write", "`write().await`"),
    (".block_on", "`.await`"),
    ("futures::executor::block_on", "`.await`"),
    ("futures_executor::block_on", "`.await`"),
    ("futures_lite::future::block_on", "`.await`"),
    ("pollster::block_on", "`.await`"),
    ("smol::block_on", "`.await`"),
    ("async_std::task::block_on", "`.await`"),
    (".lock_exclusive", "an asynchronous lock"),
    (".lock_shared", "an asynchronous lock"),
    ("reqwest::blocking::", "`reqwest::get(..).await` or `reqwest::Client`"),
    ("reqwest::blocking::Client.execute", "`reqwest::Client`, with `.await` on `execute`"),
    ("reqwest::blocking::Client.send", "`reqwest::Client`, with `.await` on `send`"),
    ("ureq::get", "an asynchronous client such as `reqwest`"),
    ("ureq::post", "an asynchronous client such as `reqwest`"),
    ("ureq::put", "an asynchronous client such as `reqwest`"),
    ("ureq::delete", "an asynchronous client such as `reqwest`"),
    ("ureq::request", "an asynchronous client such as `reqwest`"),
    ("ureq::agent.call", "an asynchronous client such as `reqwest`"),
    ("ureq::Agent.call", "an asynchronous client such as `reqwest`"),
    ("ureq::Agent::new.call", "an asynchronous client such as `reqwest`"),
    ("ureq::AgentBuilder::new.call", "an asynchronous client such as `reqwest`"),
    ("rusqlite::Connection::open", "`tokio_rusqlite`"),
    ("rusqlite::Connection::open_in_memory", "`tokio_rusqlite`"),
    ("rusqlite::Connection.execute", "`tokio_rusqlite`"),
    ("rusqlite::Connection.execute_batch", "`tokio_rusqlite`"),
    ("rusqlite::Connection.query_row", "`tokio_rusqlite`"),
    ("rusqlite::Connection.prepare", "`tokio_rusqlite`"),
    ("rusqlite::Connection::open.execute", "`tokio_rusqlite`"),
    ("rusqlite::Connection::open.execute_batch", "`tokio_rusqlite`"),
    ("rusqlite::Connection::open.query_row", "`tokio_rusqlite`"),
    ("rusqlite::Connection::open.prepare", "`tokio_rusqlite`"),
    ("diesel::PgConnection::establish", "`diesel_async`"),
    ("diesel::MysqlConnection::establish", "`diesel_async`"),
    ("diesel::SqliteConnection::establish", "`diesel_async`"),
    ("diesel::pg::PgConnection::establish", "`diesel_async`"),
    ("diesel::mysql::MysqlConnection::establish", "`diesel_async`"),
    ("diesel::sqlite::SqliteConnection::establish", "`diesel_async`"),
    ("diesel::prelude::PgConnection::establish", "`diesel_async`"),
    ("diesel::prelude::SqliteConnection::establish", "`diesel_async`"),
    ("diesel::sql_query.load", "`diesel_async`"),
    ("diesel::sql_query.execute", "`diesel_async`"),
    ("diesel::sql_query.get_result", "`diesel_async`"),
    ("diesel::insert_into.execute", "`diesel_async`"),
    ("diesel::insert_into.get_result", "`diesel_async`"),
    ("diesel::update.execute", "`diesel_async`"),
    ("diesel::update.get_result", "`diesel_async`"),
    ("diesel::delete.execute", "`diesel_async`"),
    ("postgres::Client::connect", "`tokio_postgres`"),
    ("redis::Client::open.get_connection", "`get_multiplexed_async_connection().await`"),
    ("redis::Client.get_connection", "`get_multiplexed_async_connection().await`"),
];

/// Methods of diesel's queries on any table; `diesel_async` has the same ones, and they are awaited.
const DIESEL: [&str; 4] = ["load", "get_result", "get_results", "execute"];

/// The words without which no call blocks: the crate of a path, or the module of one in the standard library; otherwise the
/// method.
static SIGNS: LazyLock<HashSet<&str, FixedState>> = LazyLock::new(|| {
    let sign = |path: &'static str| {
        let mut names = segments::segments(path);
        match names.next() {
            Some("std" | "futures") => names.next(),
            Some(first) => first.split('.').find(|name| !name.is_empty()),
            None => None,
        }
    };
    let modules = BLOCKING.iter().filter_map(|(path, _)| sign(path));
    modules.map(|name| name.split('.').next().unwrap_or(name)).chain(DIESEL).chain(["fs"]).collect()
});

/// The types and functions whose values have methods that block.
static TYPES: LazyLock<HashSet<&str, FixedState>> = LazyLock::new(|| {
    BLOCKING.iter().filter_map(|(path, _)| path.rsplit_once('.')).map(|(of, _)| of).collect()
});

/// Whether values of this type have methods that block.
pub(crate) fn is_type(path: &str) -> bool {
    TYPES.contains(path)
}

/// Whether the function may contain a blocking call; only its flow can tell.
///
/// A sign alone is common: `Arc` is in `std::sync`. So every name of one of the paths must occur.
///
/// The types are those of the fields with such methods that the function may use.
pub(crate) fn may_stand_in(function: &Function, imports: &Imports, types: &[&str]) -> bool {
    if types.is_empty() && !function.means(imports, |word| SIGNS.contains(word)) {
        return false;
    }
    let words = [function.words(), function.words_of_signature()];
    let paths = words.into_iter().flat_map(|words| imports.stand_for(words)).flat_map(segments::segments);
    let of_fields = types.iter().flat_map(|path| segments::segments(path));
    let names: HashSet<&str, FixedState> =
        words.into_iter().flatten().map(String::as_str).chain(paths).chain(of_fields).collect();
    let stands =
        |path: &str| path.split(['.', ':']).filter(|name| !name.is_empty()).all(|name| names.contains(name));
    let is_diesel = || names.contains("diesel") || imports.resolve("RunQueryDsl").starts_with("diesel::");
    stands("std::fs")
        || DIESEL.iter().any(|method| names.contains(method)) && is_diesel()
        || BLOCKING.iter().any(|(path, _)| stands(path))
}

/// What to write instead of this call, if it blocks the thread.
pub(crate) fn instead(call: &Call, imports: &Imports) -> Option<&'static str> {
    if call.awaited {
        return None;
    }
    let mut paths = [Some(call.path.as_str()), call.of.as_deref()].into_iter().flatten();
    paths.find_map(|path| of_path(path, imports))
}

fn of_path(path: &str, imports: &Imports) -> Option<&'static str> {
    if path.strip_prefix("std::fs::").is_some_and(touches_a_file) {
        return Some("`tokio::fs`, with `.await`");
    }
    if let Some((base, method)) = path.rsplit_once('.')
        && DIESEL.contains(&method)
        && !base.is_empty()
        && imports.resolve("RunQueryDsl").starts_with("diesel::")
    {
        return Some("`diesel_async`");
    }
    let fits = |pattern: &str| match pattern.strip_suffix("::") {
        Some(_) => path.starts_with(pattern) && !path.contains('.'),
        None if pattern.starts_with('.') => path.ends_with(pattern),
        None => path == pattern,
    };
    BLOCKING.iter().find(|(pattern, _)| fits(pattern)).map(|(_, instead)| *instead)
}

/// The functions of `std::fs`, and those that open a file; a type such as `OpenOptions` alone does nothing.
fn touches_a_file(rest: &str) -> bool {
    let is_function = rest.starts_with(|first: char| first.is_lowercase()) && !rest.contains(['.', ':']);
    is_function
        || matches!(
            rest,
            "File::open"
                | "File::create"
                | "File::create_new"
                | "OpenOptions::new.open"
                | "File::options.open"
        )
}

/// The call as written in source code.
pub(crate) fn shown(call: &Call) -> String {
    let path = call.of.as_ref().filter(|_| call.path.starts_with('.')).unwrap_or(&call.path);
    let path = path.replace("::new.", "::").replace("current.", "");
    match path.split_once('.') {
        Some(("" | "(awaited)", method)) => method.to_owned(),
        Some((base, method)) if segments::split_last(base).is_some_and(|(_, last)| is_function(last)) => {
            format!("{base}().{method}")
        }
        Some((base, method)) if is_function(base) => format!("{base}.{method}"),
        Some((base, method)) => format!("{base}::{method}"),
        None => path,
    }
}

fn is_function(name: &str) -> bool {
    name.starts_with(|first: char| first.is_lowercase())
}
