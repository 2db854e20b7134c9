//! Whether a message is one item of CBOR, RFC 8949 section 5.3.1, before anything is reserved for it: types reserve memory for as many
//! items as an array declares.

use ciborium_ll::{Decoder, Error as Fault, Header};

use crate::Error;

/// What ends an array or a map that has begun.
enum Open {
    /// This many more items.
    After(usize),
    Break,
}

/// # Errors
/// If this is not exactly one item, or one that is nested deeper than `depth`.
pub(super) fn check(bytes: &[u8], depth: usize) -> Result<(), Error> {
    let mut decoder = Decoder::from(bytes);
    let outcome = item(&mut decoder, depth);
    let at = decoder.offset();
    let why = match outcome {
        Ok(()) if at == bytes.len() => return Ok(()),
        Ok(()) => format!("another item follows the first at byte {at}"),
        Err(Why::Fault(Fault::Io(_))) => {
            format!("it ends in the middle of an item, after {} bytes", bytes.len())
        }
        Err(Why::Fault(Fault::Syntax(at))) => format!("invalid syntax at byte {at}"),
        Err(Why::Break) => format!("a break outside of an array or map before byte {at}"),
        Err(Why::Deep) => format!("it is nested more than {depth} deep at byte {at}"),
    };
    Err(Error::new(format_args!("the message is not valid CBOR: {why}")))
}

enum Why {
    Fault(Fault<std::io::Error>),
    Break,
    Deep,
}

impl From<Fault<std::io::Error>> for Why {
    fn from(fault: Fault<std::io::Error>) -> Self {
        Self::Fault(fault)
    }
}

/// Walks over one item with all that is in it. Without recursion: the client decides how deep it is.
fn item(decoder: &mut Decoder<&[u8]>, depth: usize) -> Result<(), Why> {
    let mut open = Vec::new();
    loop {
        match decoder.pull()? {
            Header::Tag(_) => continue,
            Header::Array(items) => open.push(items.map_or(Open::Break, Open::After)),
            Header::Map(pairs) => {
                open.push(pairs.map_or(Open::Break, |pairs| Open::After(pairs.saturating_mul(2))));
            }
            Header::Break => match open.pop() {
                Some(Open::Break) => count(&mut open),
                _ => return Err(Why::Break),
            },
            Header::Bytes(len) => {
                skip_bytes(decoder, len)?;
                count(&mut open);
            }
            Header::Text(len) => {
                skip_text(decoder, len)?;
                count(&mut open);
            }
            Header::Positive(_) | Header::Negative(_) | Header::Float(_) | Header::Simple(_) => {
                count(&mut open);
            }
        }
        if open.len() > depth {
            return Err(Why::Deep);
        }
        while let Some(Open::After(0)) = open.last() {
            open.pop();
            count(&mut open);
        }
        if open.is_empty() {
            return Ok(());
        }
    }
}

/// One item less is missing from what is open.
fn count(open: &mut [Open]) {
    if let Some(Open::After(left)) = open.last_mut() {
        *left -= 1;
    }
}

fn skip_bytes(decoder: &mut Decoder<&[u8]>, len: Option<usize>) -> Result<(), Why> {
    let mut buffer = [0; 1024];
    let mut segments = decoder.bytes(len);
    while let Some(mut segment) = segments.pull()? {
        while segment.pull(&mut buffer)?.is_some() {}
    }
    Ok(())
}

fn skip_text(decoder: &mut Decoder<&[u8]>, len: Option<usize>) -> Result<(), Why> {
    let mut buffer = [0; 1024];
    let mut segments = decoder.text(len);
    while let Some(mut segment) = segments.pull()? {
        while segment.pull(&mut buffer)?.is_some() {}
    }
    Ok(())
}
