//! The compressed forms of one message for many connections.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use super::Agreed;

/// The compressed forms of a message, made when a connection first needs one.
#[derive(Debug, Clone)]
pub(crate) struct Forms(Option<Arc<Mutex<Vec<Form>>>>);

#[derive(Debug)]
struct Form {
    /// The address of the payload: an event may be written in several formats.
    payload: usize,
    window: u8,
    level: u8,
    /// `None`: it would not become smaller.
    deflated: Option<Bytes>,
}

impl Forms {
    /// Of a message for one connection: nothing is kept.
    pub(crate) const fn none() -> Self {
        Self(None)
    }

    /// For the event of a hub. The payloads that it is asked for must live as long as this.
    pub(crate) fn shared() -> Self {
        Self(Some(Arc::default()))
    }

    /// As [`Agreed::deflate`].
    pub(crate) fn deflate(&self, agreed: Agreed, payload: &[u8]) -> Option<Bytes> {
        let Some(forms) = self.0.as_ref().filter(|_| agreed.is_worth(payload)) else {
            return agreed.deflate(payload);
        };
        // Held while it is compressed: another connection that needs the form would do the same work meanwhile.
        let mut forms = forms.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = Form {
            payload: payload.as_ptr().addr(),
            window: agreed.window,
            level: agreed.compression.level,
            deflated: None,
        };
        if let Some(found) = forms.iter().find(|form| form.is_as(&wanted)) {
            return found.deflated.clone();
        }
        let deflated = agreed.deflate(payload);
        forms.push(Form { deflated: deflated.clone(), ..wanted });
        deflated
    }
}

impl Form {
    fn is_as(&self, other: &Self) -> bool {
        (self.payload, self.window, self.level) == (other.payload, other.window, other.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Compression;

    const AGREED: Agreed = Agreed { window: 15, compression: Compression::deflate() };

    #[test]
    fn a_form_is_made_once_for_all_who_share_it() {
        let (forms, text) = (Forms::shared(), "again ".repeat(100));
        let first = forms.deflate(AGREED, text.as_bytes()).expect("smaller");
        let second = forms.clone().deflate(AGREED, text.as_bytes()).expect("smaller");
        assert_eq!(first.as_ptr(), second.as_ptr());
        assert_eq!(AGREED.inflate(&first, 1000).expect("inflates"), text.as_bytes());
    }

    #[test]
    fn each_window_and_each_payload_has_its_own() {
        let (forms, one, other) = (Forms::shared(), "one ".repeat(100), "other ".repeat(100));
        let narrow = Agreed { window: 9, ..AGREED };
        for (agreed, text) in [(AGREED, &one), (narrow, &one), (AGREED, &other)] {
            let form = forms.deflate(agreed, text.as_bytes()).expect("smaller");
            assert_eq!(agreed.inflate(&form, 1000).expect("inflates"), text.as_bytes());
        }
    }

    #[test]
    fn a_message_that_no_one_shares_is_compressed_anew() {
        let text = "alone ".repeat(100);
        let deflate = || Forms::none().deflate(AGREED, text.as_bytes()).expect("smaller");
        let (first, second) = (deflate(), deflate());
        assert_ne!(first.as_ptr(), second.as_ptr());
        assert_eq!(Forms::shared().deflate(AGREED, b"short"), None);
    }
}
