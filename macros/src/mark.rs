use proc_macro2::TokenStream;
use quote::quote;

/// The source text of an endpoint and the ranges in it, as the runtime's `Source` and `Param`s store them.
#[derive(Debug)]
pub(crate) struct Sources {
    /// Line, from 1, of the first line of the text.
    pub(crate) line: u32,
    /// Whole lines from the attribute to the end of the signature.
    pub(crate) text: String,
    /// The route literal.
    pub(crate) route: Mark,
    /// The function's name.
    pub(crate) name: Mark,
    /// Every parameter after the handshake.
    pub(crate) parameters: Vec<Mark>,
}

/// A range of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    pub(crate) start: usize,
    pub(crate) end: usize,
}

impl Mark {
    pub(crate) fn tokens(self) -> TokenStream {
        // A signature of 4 GiB does not compile anyway.
        let (start, end) = (u32::try_from(self.start).unwrap_or(0), u32::try_from(self.end).unwrap_or(0));
        quote!(__private::Mark { start: #start, end: #end })
    }
}
