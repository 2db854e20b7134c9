use flate2::{Decompress, FlushDecompress, Status};
use sockeye::{Handshake, ws_endpoint};
use sockeye_tests::{
    frames::{judge, masked},
    in_process::converse_with,
};

use crate::with_server;

const LIMIT: usize = 4 * 1024;

/// Says what it was told, in few words: they are not compressed.
#[ws_endpoint("/inflated", compression = "deflate", max_message_size = "4 KiB")]
async fn inflated(handshake: Handshake) -> sockeye::Result {
    let mut socket = handshake.accept().await?;
    while let Some(message) = socket.recv().await? {
        socket.send(digest(message.as_bytes())).await?;
    }
    Ok(())
}

fn digest(message: &[u8]) -> String {
    let sum = message.iter().fold(0_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(*byte)));
    format!("{} {sum}", message.len())
}

/// Any bytes after a handshake that has agreed on compression, as frames and as the payload of a compressed message: the answer is legal and it
/// ends; what zlib inflates by itself is understood.
pub fn compressed(data: &[u8]) {
    judge_or_panic(&answer(data));

    let message = [masked(0xc2, data), masked(0x88, &[0x03, 0xe8])].concat();
    let answer = answer(&message);
    let code = judge_or_panic(&answer);
    if let Some(message) = by_zlib(data) {
        let words = digest(&message);
        assert_eq!(code, Some(1000), "{answer:x?}");
        assert!(answer[2..].starts_with(words.as_bytes()), "{words}: {answer:x?}");
    }
}

fn answer(bytes: &[u8]) -> Vec<u8> {
    const OFFER: &str = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
    with_server(async |router| converse_with(router, "/inflated", OFFER, bytes).await)
}

fn judge_or_panic(answer: &[u8]) -> Option<u16> {
    judge(answer).unwrap_or_else(|fault| panic!("{fault}: {answer:x?}"))
}

/// The message, if it ends where a block does and is not too long. One that ends the stream by itself is left to the server.
fn by_zlib(payload: &[u8]) -> Option<Vec<u8>> {
    /// The end that is not sent (RFC 7692, section 7.2.1), and an empty last block.
    const END: [u8; 9] = [0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff];
    let whole = [payload, &END].concat();
    let mut message = Vec::with_capacity(LIMIT + 1);
    let mut state = Decompress::new(false);
    let status = state.decompress_vec(&whole, &mut message, FlushDecompress::Finish).ok()?;
    let is_read = status == Status::StreamEnd && state.total_in() == whole.len() as u64;
    (is_read && message.len() <= LIMIT).then_some(message)
}
