//! The head of an answer.
//!
//! Read with `httparse` and not with a client of hyper: the probe exists for invalid responses, and hyper refuses them with an
//! error that does not show what arrived.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::{broken::Broken, clean};

/// The longest head that is read.
const HEAD: usize = 64 * 1024;

/// The most headers that are read.
const HEADERS: usize = 256;

/// A server with more interim responses than this does not respond.
const INTERIM: usize = 8;

/// The status line and the headers.
#[derive(Debug, Clone, Default)]
pub(super) struct Head {
    pub(super) status: u16,
    pub(super) reason: String,
    /// The minor version: 1 of HTTP/1.1.
    pub(super) version: u8,
    headers: Vec<(String, String)>,
}

impl Head {
    /// The values of a header.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let named = self.headers.iter().filter(move |(own, _)| own.eq_ignore_ascii_case(name));
        named.map(|(_, value)| value.as_str())
    }

    /// The first value of a header.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether one of the comma-separated tokens of a header equals this one, ignoring case.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
    }

    pub(super) fn switched(&self) -> bool {
        self.status == 101
    }
}

/// The head of the final response. The bytes after it are left in `bytes`.
pub(super) async fn read<R: AsyncRead + Unpin>(stream: &mut R, bytes: &mut Vec<u8>) -> Result<Head, Broken> {
    for _ in 0..INTERIM {
        let head = one_head(stream, bytes).await?;
        // Answers such as 103 Early Hints come before the final one (RFC 9110 section 15.2).
        if head.switched() || head.status >= 200 {
            return Ok(head);
        }
    }
    Err(Broken::NotHttp(std::mem::take(bytes)))
}

async fn one_head<R: AsyncRead + Unpin>(stream: &mut R, bytes: &mut Vec<u8>) -> Result<Head, Broken> {
    loop {
        if let Some((head, length)) = parse(bytes)? {
            bytes.drain(..length);
            return Ok(head);
        }
        if bytes.len() >= HEAD {
            return Err(Broken::TooLong(HEAD));
        }
        match stream.read_buf(bytes).await {
            Ok(0) => return Err(Broken::Ended(std::mem::take(bytes))),
            Ok(_) => {}
            Err(error) => return Err(Broken::Failed(error, std::mem::take(bytes))),
        }
    }
}

/// `None` if more bytes are needed.
fn parse(bytes: &[u8]) -> Result<Option<(Head, usize)>, Broken> {
    let mut headers = [httparse::EMPTY_HEADER; HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => Ok(Some((Head::of(&response), length))),
        Ok(httparse::Status::Partial) => Ok(None),
        Err(_) => Err(Broken::NotHttp(bytes.to_vec())),
    }
}

impl Head {
    fn of(response: &httparse::Response<'_, '_>) -> Self {
        let header = |header: &httparse::Header<'_>| {
            (header.name.to_owned(), clean::text(header.value).trim().to_owned())
        };
        Self {
            status: response.code.unwrap_or_default(),
            reason: response.reason.unwrap_or_default().to_owned(),
            version: response.version.unwrap_or_default(),
            headers: response.headers.iter().map(header).collect(),
        }
    }
}
