//! The names that occur in a piece of code, regardless of their meaning.

use std::{fmt::Write, rc::Rc};

use proc_macro2::{TokenStream, TokenTree};
use quote::ToTokens;

use super::{code::Code, value::Value};

/// Calls the function for every word, including those in nested groups.
pub(crate) fn each_word(tokens: TokenStream, found: &mut impl FnMut(&proc_macro2::Ident)) {
    for token in tokens {
        match token {
            TokenTree::Ident(word) => found(&word),
            TokenTree::Group(group) => each_word(into_stream(group), found),
            _ => {}
        }
    }
}

/// The contents of a group that is not needed any more: iterating over tokens that are not shared does not copy them.
pub(crate) fn into_stream(group: proc_macro2::Group) -> TokenStream {
    let inner = group.stream();
    drop(group);
    inner
}

/// Whether any of the words occurs there.
pub(crate) fn has_word(tokens: &dyn ToTokens, words: &[&str]) -> bool {
    let mut found = false;
    each_word(tokens.to_token_stream(), &mut |word| found |= words.iter().any(|one| word == one));
    found
}

/// The name of a macro, without its path.
pub(crate) fn macro_name(call: &syn::Macro) -> String {
    call.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default()
}

/// Macros that write to the log.
pub(crate) const LOGS: [&str; 9] =
    ["trace", "debug", "info", "warn", "error", "log", "event", "println", "eprintln"];

/// Whether a macro only writes to the log.
pub(crate) fn is_log(call: &syn::Macro) -> bool {
    LOGS.contains(&macro_name(call).as_str())
}

/// Whether any word there is about time: a ping, a timeout, an interval.
pub(crate) fn speaks_of_time(tokens: &dyn ToTokens) -> bool {
    let mut found = false;
    each_word(tokens.to_token_stream(), &mut |word| found |= is_of_time(&word.to_string()));
    found
}

/// Whether the word is about time.
pub(crate) fn is_of_time(word: &str) -> bool {
    const TIME: [&str; 14] = [
        "ping",
        "pong",
        "timeout",
        "interval",
        "sleep",
        "heartbeat",
        "alive",
        "deadline",
        "tick",
        "instant",
        "elapsed",
        "duration",
        "idle",
        "debounce",
    ];
    let is_in = |word: &str| {
        let begins = |at: usize| TIME.iter().any(|one| word.as_bytes()[at..].starts_with(one.as_bytes()));
        (0..word.len()).any(begins)
    };
    if word.is_ascii() && !word.bytes().any(|one| one.is_ascii_uppercase()) {
        return is_in(word);
    }
    is_in(&word.to_lowercase())
}

/// Every word that occurs there.
pub(crate) fn all(tokens: &dyn ToTokens) -> Vec<String> {
    let mut words = Vec::new();
    each_word(tokens.to_token_stream(), &mut |word| words.push(word.to_string()));
    words
}

/// The values of the names that occur there; of names that shadow each other, the innermost.
pub(crate) fn mentioned<'n, 'a>(
    code: &dyn Code,
    names: &'n [(Rc<str>, Value<'a>)],
) -> impl Iterator<Item = &'n Value<'a>> {
    // Most functions follow few names, and begin with a long part before the first.
    let is_followed = names.iter().any(|(_, value)| *value != Value::Other);
    let (mut found, mut word) = (Vec::new(), String::new());
    if is_followed {
        code.each_name(&mut |ident| {
            spell(ident, &mut word);
            found.extend(names.iter().rposition(|(name, _)| **name == *word));
        });
    }
    found.sort_unstable_by(|one, other| names[*one].0.cmp(&names[*other].0));
    found.dedup();
    found.into_iter().map(|index| &names[index].1)
}

/// Replaces the text with the word.
pub(crate) fn spell(word: &proc_macro2::Ident, text: &mut String) {
    text.clear();
    // Writing to a string cannot fail.
    let _: std::fmt::Result = write!(text, "{word}");
}
