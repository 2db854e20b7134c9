//! Judges what a server sent, by RFC 6455 alone and without any code of the server's; and writes what a client sends.

/// One frame, read strictly.
struct Frame<'a> {
    fin: bool,
    opcode: u8,
    payload: &'a [u8],
}

/// The close code with which it ended; `None` if no close frame came.
///
/// # Errors
/// Says which rule was broken.
pub fn judge(mut sent: &[u8]) -> Result<Option<u16>, String> {
    let mut message = Message::None;
    while !sent.is_empty() {
        let frame = take(&mut sent)?;
        if frame.opcode == 0x8 {
            let code = close_code(frame.payload)?;
            return if sent.is_empty() {
                Ok(Some(code))
            } else {
                Err("bytes follow the close frame".to_owned())
            };
        }
        if frame.opcode < 0x8 {
            message = message.followed_by(&frame)?;
        }
    }
    Ok(None)
}

/// Section 5.2: a whole frame from a server.
fn take<'a>(sent: &mut &'a [u8]) -> Result<Frame<'a>, String> {
    let [first, second] = *take_bytes(sent, 2)? else { unreachable!("two bytes were asked for") };
    let (fin, opcode) = (first & 0x80 != 0, first & 0x0f);
    check(first & 0x70 == 0, "a reserved bit is set")?;
    check(matches!(opcode, 0x0..=0x2 | 0x8..=0xa), "the opcode is reserved")?;
    check(second & 0x80 == 0, "the frame is masked")?;
    let length = length(sent, second & 0x7f)?;
    if opcode >= 0x8 {
        check(fin, "a control frame is fragmented")?;
        check(length <= 125, "a control frame is longer than 125 bytes")?;
    }
    Ok(Frame { fin, opcode, payload: take_bytes(sent, length)? })
}

/// The length, in the shortest of its three forms.
fn length(sent: &mut &[u8], short: u8) -> Result<usize, String> {
    let (bytes, least) = match short {
        126 => (take_bytes(sent, 2)?, 126),
        127 => (take_bytes(sent, 8)?, 65_536),
        short => return Ok(short.into()),
    };
    let length = bytes.iter().fold(0_u64, |length, byte| length << 8 | u64::from(*byte));
    check(length >= least, "the length is not in its shortest form")?;
    usize::try_from(length).map_err(|error| error.to_string())
}

fn take_bytes<'a>(sent: &mut &'a [u8], count: usize) -> Result<&'a [u8], String> {
    let (taken, rest) = sent.split_at_checked(count).ok_or("the stream ends inside a frame")?;
    *sent = rest;
    Ok(taken)
}

/// Section 5.4: what has come of a message in fragments.
enum Message {
    None,
    Text(Vec<u8>),
    Binary,
}

impl Message {
    fn followed_by(self, frame: &Frame<'_>) -> Result<Self, String> {
        let message = match (self, frame.opcode) {
            (Self::None, 0x0) => return Err("a continuation continues nothing".to_owned()),
            (Self::None, 0x1) => Self::Text(frame.payload.to_vec()),
            (Self::Text(text), 0x0) => Self::Text([&text, frame.payload].concat()),
            (Self::None, _) | (Self::Binary, 0x0) => Self::Binary,
            _ => return Err("a message begins inside another".to_owned()),
        };
        if !frame.fin {
            return Ok(message);
        }
        if let Self::Text(text) = message {
            std::str::from_utf8(&text).map_err(|error| format!("a text is not UTF-8: {error}"))?;
        }
        Ok(Self::None)
    }
}

/// Sections 5.5.1 and 7.4; 1005 stands for a close frame without a code.
fn close_code(payload: &[u8]) -> Result<u16, String> {
    let Some((code, reason)) = payload.split_first_chunk::<2>() else {
        return if payload.is_empty() { Ok(1005) } else { Err("a close frame of one byte".to_owned()) };
    };
    let code = u16::from_be_bytes(*code);
    check(matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999), "the close code may not be sent")?;
    std::str::from_utf8(reason).map_err(|error| format!("a close reason is not UTF-8: {error}"))?;
    Ok(code)
}

fn check(holds: bool, fault: &str) -> Result<(), String> {
    if holds { Ok(()) } else { Err(fault.to_owned()) }
}

/// A masked frame, with its length in the shortest form.
pub fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mask = [0x12, 0x34, 0x56, 0x78];
    let mut frame = vec![first];
    match payload.len() {
        short @ 0..=125 => frame.push(0x80 | u8::try_from(short).unwrap_or(0)),
        long => match u16::try_from(long) {
            Ok(long) => frame.extend([0xfe].into_iter().chain(long.to_be_bytes())),
            Err(_) => frame.extend([0xff].into_iter().chain((long as u64).to_be_bytes())),
        },
    }
    frame.extend(mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

#[test]
fn legal_streams_are_told_from_illegal_ones() {
    assert_eq!(judge(b""), Ok(None));
    assert_eq!(judge(b"\x81\x02hi\x89\x00\x88\x02\x03\xe8"), Ok(Some(1000)));
    assert_eq!(judge(b"\x01\x01\xc3\x8a\x00\x80\x01\xa9\x88\x00"), Ok(Some(1005)));
    for (illegal, fault) in [
        (&b"\xc1\x00"[..], "reserved bit"),
        (b"\x83\x00", "opcode"),
        (b"\x81\x80....", "masked"),
        (b"\x09\x00", "fragmented"),
        (b"\x8a\x7e\x00\x7e", "125"),
        (b"\x82\x7e\x00\x01x", "shortest"),
        (b"\x82\x05x", "inside a frame"),
        (b"\x80\x00", "continues nothing"),
        (b"\x01\x00\x81\x00", "inside another"),
        (b"\x81\x01\xff", "UTF-8"),
        (b"\x88\x01\x03", "one byte"),
        (b"\x88\x02\x03\xed", "may not be sent"),
        (b"\x88\x00\x89\x00", "follow"),
    ] {
        let judged = judge(illegal);
        assert!(judged.as_ref().is_err_and(|words| words.contains(fault)), "{illegal:x?}: {judged:?}");
    }
}
