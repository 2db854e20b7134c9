use super::*;
use crate::{CloseCode, CloseFrame};

#[test]
fn whole_messages_and_control_frames_come_in_order() {
    let bytes = [
        frame(0x81, "grün".as_bytes()),
        frame(0x82, &[0, 255]),
        frame(0x89, b"?"),
        frame(0x8a, b""),
        frame(0x88, b"\x0f\xa1bye"),
    ];
    let bye = CloseFrame { code: CloseCode::new(4001).unwrap(), reason: "bye".into() };
    let events = vec![
        text("grün"),
        binary(&[0, 255]),
        Event::Ping(Bytes::from_static(b"?")),
        Event::Pong(Bytes::new()),
        Event::Close(Some(bye)),
    ];
    assert_eq!(decoded(LIMIT, &bytes.concat()), Decoded { events, fault: None });
    assert_eq!(decoded(LIMIT, &frame(0x88, b"")).events, [Event::Close(None)]);
}

#[test]
fn fragments_are_joined_around_control_frames() {
    let euro = "€".as_bytes();
    let bytes = [frame(0x01, &euro[..1]), frame(0x89, b"1"), frame(0x00, &euro[1..]), frame(0x80, b"")];
    let events = vec![Event::Ping(Bytes::from_static(b"1")), text("€")];
    assert_eq!(decoded(LIMIT, &bytes.concat()), Decoded { events, fault: None });
    let bytes = [frame(0x02, b"a"), frame(0x00, b""), frame(0x80, b"b")];
    assert_eq!(decoded(LIMIT, &bytes.concat()).events, [binary(b"ab")]);
}

#[test]
fn every_length_is_read() {
    for length in [0, 1, 125, 126, 4095, 0xffff, 0x1_0000, 0x1_0001, 300 * KIB, LIMIT] {
        let payload: Vec<u8> = (0..=250).cycle().take(length).collect();
        assert_eq!(decoded(LIMIT, &frame(0x82, &payload)).events, [binary(&payload)]);
        let letters = "äbc".repeat(length / 4);
        assert_eq!(decoded(LIMIT, &frame(0x81, letters.as_bytes())).events, [text(&letters)]);
    }
}

/// Bytes, and what is wrong as soon as the last of them is there.
fn faults() -> Vec<(Vec<u8>, Fault)> {
    let within = |begun: Vec<u8>, rest: &[u8]| [&begun[..], rest].concat();
    let long = |length: u64| [&[0x82, 0xff][..], &length.to_be_bytes()].concat();
    let mut unmasked = frame(0x81, b"");
    unmasked[1] &= 0x7f;
    vec![
        (vec![0xc1, 0x80], Fault::ReservedBit),
        (vec![0xa1, 0x80], Fault::ReservedBit),
        (vec![0x90, 0x80], Fault::ReservedBit),
        (vec![0x83, 0x80], Fault::Opcode),
        (vec![0x8f, 0x80], Fault::Opcode),
        (vec![0x09, 0x80], Fault::FragmentedControl),
        (vec![0x80, 0x80], Fault::NothingToContinue),
        (within(frame(0x01, b"a"), &[0x81, 0x80]), Fault::Interleaved),
        (within(frame(0x01, b"a"), &[0x02, 0x80]), Fault::Interleaved),
        (within(frame(0x81, b"a"), &[0x80, 0x80]), Fault::NothingToContinue),
        (unmasked[..2].to_vec(), Fault::Unmasked),
        (vec![0x89, 0xfe], Fault::LongControl),
        (vec![0x88, 0x81], Fault::HalfACloseCode),
        (vec![0x82, 0xfe, 0, 125], Fault::LongLength),
        (long(0xffff), Fault::LongLength),
        (long(LIMIT as u64 + 1), Fault::TooLong(LIMIT)),
        (long(u64::MAX), Fault::TooLong(LIMIT)),
        (frame(0x88, &[0x03, 0xed]), Fault::CloseCode),
        (frame(0x88, &[0x03, 0xe8, 0xff]), Fault::CloseReason),
        (frame(0x81, b"\xc3"), Fault::Text),
        (within(frame(0x01, b"\xc3"), &frame(0x80, b"")), Fault::Text),
        // Before the rest of the frame, and of the message, has arrived.
        (frame(0x01, b"a\xff"), Fault::Text),
        (frame(0x01, b"\xf4\x90after")[..8].to_vec(), Fault::Text),
        (within(frame(0x01, b"\xe2\x82"), &frame(0x00, b"\x28")), Fault::Text),
    ]
}

#[test]
fn a_fault_is_found_with_the_byte_that_shows_it() {
    for (bytes, fault) in faults() {
        let (last, before) = bytes.split_last().unwrap();
        let mut decoder = Decoder::new(LIMIT, None);
        assert_eq!(Decoded::of(&mut decoder, [before]).fault, None, "{bytes:x?}");
        assert_eq!(Decoded::of(&mut decoder, [&[*last][..]]).fault, Some(fault), "{bytes:x?}");
        assert_eq!(decoded(LIMIT, &bytes).fault, Some(fault), "{bytes:x?}");
    }
}

#[test]
fn the_limit_counts_all_fragments_and_is_checked_before_a_payload() {
    let begun = [frame(0x02, &[0; 60]), frame(0x89, &[0; 125]), frame(0x00, &[0; 40])].concat();
    assert_eq!(decoded(100, &[&begun[..], &frame(0x80, b"")].concat()).events.len(), 2);
    let over = [&begun[..], &[0x80, 0x81]].concat();
    assert_eq!(decoded(100, &over).fault, Some(Fault::TooLong(100)), "before its mask has arrived");
    assert_eq!(decoded(0, &frame(0x81, b"")).events, [text("")]);
    assert_eq!(decoded(0, &frame(0x81, b"a")).fault, Some(Fault::TooLong(0)));
}

#[test]
fn memory_is_reserved_for_what_has_arrived() {
    for first in [0x81, 0x82] {
        let long = head(first, 100 * LIMIT);
        let mut decoder = Decoder::new(100 * LIMIT, None);
        let mut arrived = long.len();
        Decoded::of(&mut decoder, [&long[..]]);
        assert!(decoder.reserved() < KIB, "of a head");
        for part in [1, 100, 10 * KIB, 100 * KIB, LIMIT, 3 * LIMIT] {
            // As `KEY` masks letters: text is valid.
            let payload: Vec<u8> = (arrived - long.len()..).map(|at| b'x' ^ KEY[at % 4]).take(part).collect();
            assert_eq!(Decoded::of(&mut decoder, [&payload[..]]), Decoded::default());
            arrived += part;
            assert!(decoder.reserved() <= 2 * arrived + KIB, "{} for {arrived}", decoder.reserved());
        }
    }
}

#[test]
fn a_decoder_that_waits_has_no_buffer() {
    let mut decoder = Decoder::new(LIMIT, None);
    let message = frame(0x82, &vec![0; 50 * KIB]);
    let begun = &frame(0x89, b"ping")[..7];
    for part in [&message[..], begun] {
        Decoded::of(&mut decoder, [part]);
        assert!(decoder.reserved() < 64, "{}", decoder.reserved());
    }
}
