//! The response to an HTTP/2 client of a server that is built without HTTP/2.

/// The reason, for the client.
const TOLD: &str = "this server does not support HTTP/2; use HTTP/1.1";

/// An empty `SETTINGS`, which a server begins with, and a `GOAWAY` with `HTTP_1_1_REQUIRED` (RFC 9113, sections 3.4, 6.8, and 7).
///
/// Clients show the code and the text, and some retry over HTTP/1.1. To them an HTTP/1.1 response is an invalid frame.
pub(super) fn farewell() -> Vec<u8> {
    const SETTINGS: [u8; 9] = [0, 0, 0, 4, 0, 0, 0, 0, 0];
    const HTTP_1_1_REQUIRED: u32 = 13;
    const WORDS: u32 = 8;
    #[allow(clippy::cast_possible_truncation, reason = "a constant of some fifty bytes")]
    let length = (WORDS + TOLD.len() as u32).to_be_bytes();
    let head = [length[1], length[2], length[3], 7, 0, 0, 0, 0, 0];
    let last_stream = [0; 4];
    [&SETTINGS[..], &head, &last_stream, &HTTP_1_1_REQUIRED.to_be_bytes(), TOLD.as_bytes()].concat()
}
