//! Close codes as labels: a client can send any code from 3000 to 4999, and each label value is a permanent time
//! series.

use std::borrow::Cow;

/// The label for the close code that was sent or received, if there was one.
#[cfg_attr(not(feature = "metrics"), allow(dead_code, reason = "only what is recorded has labels"))]
pub(super) fn label(code: Option<u16>, close_frame: bool) -> Cow<'static, str> {
    match code {
        Some(code @ 1000..=1014) => code.to_string().into(),
        Some(3000..=3999) => "3xxx".into(),
        Some(_) => "4xxx".into(),
        None if close_frame => "1005".into(),
        None => "1006".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_cannot_make_series() {
        assert_eq!(label(Some(1000), true), "1000");
        assert_eq!(label(Some(3999), true), "3xxx");
        assert_eq!((label(Some(4000), true), label(Some(4999), true)), ("4xxx".into(), "4xxx".into()));
        assert_eq!((label(None, true), label(None, false)), ("1005".into(), "1006".into()));
    }
}
