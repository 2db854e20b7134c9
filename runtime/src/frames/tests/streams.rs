//! Streams that are made at random, the same at each run: however they arrive, the events are the same.

use super::*;

/// Numbers that look random (xorshift).
pub(super) struct Dice(u64);

impl Dice {
    pub(super) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    /// A number below this one.
    pub(super) fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn pick<'a>(&mut self, from: &[&'a [u8]]) -> &'a [u8] {
        from[self.below(from.len())]
    }

    /// Parts of characters, whole ones, and what is none.
    fn letters(&mut self) -> Vec<u8> {
        let parts: [&[u8]; 12] = [
            b"",
            b"plain",
            b"\xc3\xa4",
            b"\xe2\x82\xac",
            b"\xf0\x9f\xa6\x80",
            b"\xc3",
            b"\xa4",
            b"\xe2\x82",
            b"\xac",
            b"\xf0\x9f",
            b"\xa6\x80",
            b"a rather long part of a text that is longer than sixty-four bytes, as it must be",
        ];
        // Mostly valid text.
        let last = if self.below(4) == 0 { 12 } else { 5 };
        (0..self.below(4)).flat_map(|_| self.pick(&parts[..last]).to_vec()).collect()
    }

    /// The bytes of a client that does some things wrong.
    pub(super) fn stream(&mut self) -> Vec<u8> {
        let mut stream = Vec::new();
        let mut is_within = false;
        for _ in 0..=self.below(6) {
            let first = match self.below(10) {
                0 => 0x89,
                1 => 0x8a,
                2 if !is_within => 0x82,
                3 if self.below(4) == 0 => 0x88,
                _ => {
                    let fin = if self.below(2) == 0 { 0x80 } else { 0 };
                    let opcode = u8::from(!is_within);
                    is_within = fin == 0;
                    fin | opcode
                }
            };
            let payload = match first {
                0x88 => {
                    self.pick(&[b"", b"\x03\xe8", b"\x03\xe8bye", b"\x03\xedbye", b"\x0f\xa0\xff"]).to_vec()
                }
                _ => self.letters(),
            };
            stream.extend(frame(first, &payload));
        }
        if self.below(4) == 0 {
            // One byte that differs, anywhere.
            let at = self.below(stream.len());
            stream[at] = u8::try_from(self.below(256)).unwrap();
        }
        stream
    }
}

#[test]
fn a_stream_means_the_same_however_it_is_cut() {
    for seed in 0..3000 {
        let stream = Dice::new(seed).stream();
        let whole = decoded(KIB, &stream);
        let bytes = Decoded::of(&mut Decoder::new(KIB, None), stream.chunks(1));
        assert_eq!(bytes, whole, "{seed}: one by one");
        for at in 0..=stream.len() {
            let (first, second) = stream.split_at(at);
            assert_eq!(
                Decoded::of(&mut Decoder::new(KIB, None), [first, second]),
                whole,
                "{seed}: cut at {at}"
            );
        }
    }
}

#[test]
fn long_messages_mean_the_same_however_they_are_cut() {
    let mut dice = Dice::new(1);
    let payload: Vec<u8> = (0..LIMIT).map(|_| u8::try_from(dice.below(256)).unwrap()).collect();
    let letters = "aä€🦀".repeat(50_000);
    let stream = [
        frame(0x82, &payload),
        frame(0x81, letters.as_bytes()),
        frame(0x02, &payload[..200_001]),
        frame(0x89, b"ping"),
        frame(0x80, &payload[200_001..]),
    ]
    .concat();
    let ping = Event::Ping(Bytes::from_static(b"ping"));
    let events = vec![binary(&payload), text(&letters), ping, binary(&payload)];
    for most in [100_003, 30_001, 1 << 20, 70_000] {
        let (mut rest, mut parts) = (&stream[..], Vec::new());
        while !rest.is_empty() {
            let (part, behind) = rest.split_at(rest.len().min(1 + dice.below(most)));
            parts.push(part);
            rest = behind;
        }
        assert_eq!(Decoded::of(&mut Decoder::new(LIMIT, None), parts).events, events);
    }
}
