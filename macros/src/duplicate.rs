//! Two endpoints of one crate with the same route.
//!
//! A macro call cannot know of another one. But exported macros share one list of names for the whole crate, wherever
//! they stand; so each endpoint exports one that is named after its route, and rustc points at both places when two are
//! the same. Nothing is ever called through it.

use proc_macro2::TokenStream;
use quote::quote;
use sockeye_rules::syntax::Route;

use crate::report::name_at;

pub(crate) fn marker(route: &Route, group: &str) -> TokenStream {
    let name = name_at(&name(&route.shape(), group), &route.literal);
    quote! {
        #[doc(hidden)]
        #[macro_export]
        #[allow(non_local_definitions)] // to be the same wherever the endpoint stands is what it is for
        macro_rules! #name { () => {} }
    }
}

/// What a person can read, and a hash that tells `/a_b` from `/a/b`.
fn name(shape: &str, group: &str) -> String {
    let words = shape.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let readable: Vec<_> = ["duplicate_route"].into_iter().chain(words).collect();
    format!("{}_{:016x}", readable.join("_"), hash(&[shape, "\0", group]))
}

/// FNV-1a: the name must be the same on every machine and with every compiler, which `std`'s hasher does not promise.
fn hash(parts: &[&str]) -> u64 {
    let bytes = parts.iter().flat_map(|part| part.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_by_shape_and_group() {
        let names =
            [name("/a_b", ""), name("/a/b", ""), name("/a/b", "x"), name("/a/{}", ""), name("/a/{*}", "")];
        for (index, one) in names.iter().enumerate() {
            assert!(!names[..index].contains(one), "{one}");
        }
        assert_eq!(name("/ws/{}", ""), name("/ws/{}", ""));
    }
}
