//! Reads the answer to a handshake, whatever it is, and never more than a bounded part of it.

use std::{io::Cursor, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    time::timeout,
};

use super::{body, broken::Broken, clean, line::Duplex};

/// The longest head that is read.
const HEAD: usize = 64 * 1024;

/// The most headers that are read.
const HEADERS: usize = 256;

/// More interim answers than these are no way to answer.
const INTERIM: usize = 8;

/// An answer in HTTP.
pub(super) struct Answer {
    pub(super) head: Head,
    /// The beginning of the body; empty when the connection was upgraded.
    pub(super) body: Vec<u8>,
    /// The key of the request that it answers.
    pub(super) key: String,
    /// What came after the head of an upgraded connection, and the connection itself.
    pub(super) rest: (Vec<u8>, Box<dyn Duplex>),
}

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

    /// Whether one of the comma separated tokens of a header is this one, whatever its case.
    pub(super) fn has_token(&self, name: &str, token: &str) -> bool {
        self.all(name).flat_map(|value| value.split(',')).any(|one| one.trim().eq_ignore_ascii_case(token))
    }

    pub(super) fn switched(&self) -> bool {
        self.status == 101
    }
}

/// The head within the time, and what it says about the rest.
pub(super) async fn read(
    mut stream: Box<dyn Duplex>,
    key: String,
    limit: Duration,
) -> Result<Answer, Broken> {
    let mut bytes = Vec::new();
    let head = match timeout(limit, head(&mut stream, &mut bytes)).await {
        Ok(head) => head?,
        Err(_) if bytes.is_empty() => return Err(Broken::Silent(limit)),
        Err(_) => return Err(Broken::Slow(limit, bytes)),
    };
    if head.switched() {
        return Ok(Answer { head, body: Vec::new(), key, rest: (bytes, stream) });
    }
    let body = body::read(&mut stream, bytes, &head, limit).await;
    Ok(Answer { head, body, key, rest: (Vec::new(), stream) })
}

/// The head of the final answer. What comes after it is left in `bytes`.
async fn head<R: AsyncRead + Unpin>(stream: &mut R, bytes: &mut Vec<u8>) -> Result<Head, Broken> {
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

/// `None` when more has to come.
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

impl Answer {
    /// The upgraded connection, beginning with what came together with the head.
    pub(super) fn into_stream(self) -> impl Duplex {
        let (read, stream) = self.rest;
        let (reader, writer) = tokio::io::split(stream);
        tokio::io::join(Cursor::new(read).chain(reader), writer)
    }
}
