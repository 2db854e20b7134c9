use super::{Fault, utf8};
use crate::{CloseCode, CloseFrame};

/// The code and the reason of a close frame (RFC 6455 section 5.5.1); `None` if it has neither.
pub(super) fn read(payload: &[u8]) -> Result<Option<CloseFrame>, Fault> {
    let Some((code, reason)) = payload.split_first_chunk() else { return Ok(None) };
    let code = CloseCode::new(u16::from_be_bytes(*code)).ok_or(Fault::CloseCode)?;
    let reason = utf8::whole(reason).ok_or(Fault::CloseReason)?.into();
    Ok(Some(CloseFrame { code, reason }))
}
