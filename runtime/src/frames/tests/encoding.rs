use std::io::IoSlice;

use super::{super::*, streams::Dice};

/// Writes everything, at most so many bytes at once.
fn written(encoder: &mut Encoder, dice: &mut Dice, most: usize) -> Vec<u8> {
    let mut all = Vec::new();
    while !encoder.is_empty() {
        let mut pieces = [IoSlice::new(&[]); 3];
        let used = encoder.pieces(&mut pieces);
        let bytes: Vec<u8> = pieces[..used].iter().flat_map(|piece| piece.iter().copied()).collect();
        assert!(encoder.in_one().is_none_or(|one| one == bytes), "all of it is in one piece");
        let part = bytes.len().min(1 + dice.below(most));
        all.extend_from_slice(&bytes[..part]);
        encoder.advance(part);
        if dice.below(3) == 0 {
            encoder.rest();
        }
        if dice.below(4) == 0 {
            // A message that is queued behind a peer that reads slowly comes after everything else.
            encoder.copy(Opcode::Pong, b"");
        }
    }
    encoder.rest();
    all
}

#[test]
fn heads_have_the_shortest_form() {
    let mut encoder = Encoder::default();
    let heads: [(usize, &[u8]); 5] = [
        (0, &[0x82, 0]),
        (125, &[0x82, 125]),
        (126, &[0x82, 126, 0, 126]),
        (0xffff, &[0x82, 126, 0xff, 0xff]),
        (0x1_0000, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ];
    for (length, head) in heads {
        encoder.copy(Opcode::Binary, &vec![7; length]);
        assert_eq!(encoder.in_one().unwrap(), [head, &vec![7; length]].concat());
        encoder.advance(head.len() + length);
        encoder.rest();
    }
}

#[test]
fn everything_is_written_in_order_whatever_the_transport_takes() {
    let mut dice = Dice::new(3);
    for most in [1, 7, 1000, 100_000].repeat(20) {
        let (mut encoder, mut expected) = (Encoder::default(), Vec::new());
        for n in 0..=dice.below(12) {
            let payload = vec![u8::try_from(n).unwrap(); dice.below(300)];
            expected.extend([0x81]);
            match u8::try_from(payload.len()) {
                Ok(short @ ..=125) => expected.push(short),
                _ => expected
                    .extend([126].into_iter().chain(u16::try_from(payload.len()).unwrap().to_be_bytes())),
            }
            expected.extend_from_slice(&payload);
            if dice.below(2) == 0 {
                encoder.copy(Opcode::Text, &payload);
            } else {
                encoder.share(Opcode::Text, payload.into());
            }
        }
        let written = written(&mut encoder, &mut dice, most);
        let (messages, pongs) = written.split_at(expected.len());
        assert_eq!(messages, expected);
        assert!(pongs.chunks(2).all(|pong| pong == [0x8a, 0]), "{pongs:?}");
    }
}
