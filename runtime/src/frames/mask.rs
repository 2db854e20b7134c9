/// Masks or unmasks a part of a payload that begins `offset` bytes after the payload's first (RFC 6455 section 5.3).
#[inline]
pub(super) fn apply(key: [u8; 4], offset: usize, bytes: &mut [u8]) {
    let key: [u8; 8] = std::array::from_fn(|n| key[(offset + n) % 4]);
    let wide = u64::from_ne_bytes(key);
    // The compiler makes vector instructions of this.
    let (words, rest) = bytes.as_chunks_mut();
    for word in words {
        *word = (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key) {
        *byte ^= key;
    }
}

/// A whole payload, unmasked in new memory: one pass instead of one to unmask it and one to copy it.
pub(super) fn unmasked(key: [u8; 4], payload: &[u8]) -> Vec<u8> {
    let [a, b, c, d] = key;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (words, rest) = payload.as_chunks();
    let mut unmasked = Vec::with_capacity(words.len() + usize::from(!rest.is_empty()));
    unmasked.extend(words.iter().map(|word| (u64::from_ne_bytes(*word) ^ wide).to_ne_bytes()));
    let mut unmasked = unmasked.into_flattened();
    unmasked.extend(rest.iter().zip(wide.to_ne_bytes()).map(|(byte, key)| byte ^ key));
    unmasked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_byte_is_masked_with_its_byte_of_the_key() {
        let key = [1, 20, 150, 255];
        for (length, offset) in (0..70).flat_map(|length| (0..5).map(move |offset| (length, offset))) {
            let mut bytes: Vec<u8> = (0..).take(length).collect();
            let expected: Vec<u8> = (offset..).zip(&bytes).map(|(at, byte)| byte ^ key[at % 4]).collect();
            let copy = unmasked(key, &bytes);
            apply(key, offset, &mut bytes);
            assert!(offset > 0 || copy == bytes);
            assert_eq!(bytes, expected, "{length} bytes at {offset}");
        }
    }
}
