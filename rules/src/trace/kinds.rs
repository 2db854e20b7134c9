//! The effects of methods and functions on data from the client.

use quote::ToTokens;
use syn::Expr;

use super::origin::Tags;
use crate::syntax::segments;

const INPUT: Tags = Tags::INPUT;

/// The effect of a method on data from the client.
pub(super) fn of_input(before: Tags, method: &str) -> Tags {
    match method {
        _ if is_measure(method) => Tags::default(),
        "as_str" | "to_str" | "trim" | "trim_start" | "trim_end" | "to_lowercase" | "to_uppercase"
        | "to_ascii_lowercase" | "to_ascii_uppercase" | "to_owned" | "to_string" | "into_string"
        | "replace" => {
            // `as_str` of a `serde_json::Value` gives an `Option`.
            let partial =
                if method == "as_str" && !before.has(Tags::TEXT) { Tags::PARTIAL } else { Tags::default() };
            INPUT.or(Tags::TEXT).or(partial)
        }
        "as_bytes" | "into_bytes" | "into_data" => INPUT.or(Tags::BYTE),
        "get_u16" | "get_u32" | "get_u64" | "get_u16_le" | "get_u32_le" | "get_u64_le" => INPUT,
        "as_text" | "to_text" | "into_text" => INPUT.or(Tags::TEXT).or(Tags::PARTIAL),
        "split" | "splitn" | "rsplit" | "rsplitn" => INPUT.or(Tags::PARTS).or(Tags::SPLIT),
        "split_whitespace"
        | "split_ascii_whitespace"
        | "split_terminator"
        | "lines"
        | "chars"
        | "bytes"
        | "char_indices" => INPUT.or(Tags::PARTS),
        "collect" | "by_ref" | "peekable" | "iter" | "into_iter" | "skip" | "rev" | "filter"
        | "enumerate" | "to_vec" | "into_boxed_slice" => before
            .without(Tags::PARTIAL)
            .without(if matches!(method, "skip" | "filter") { Tags::SPLIT } else { Tags::default() })
            .or(if matches!(method, "filter" | "enumerate") { Tags::BOUNDED } else { Tags::default() }),
        "chunks_exact" | "windows" | "array_chunks" | "array_windows" | "split_at" | "split_to"
        | "to_be_bytes" | "to_le_bytes" | "to_ne_bytes" => INPUT.or(Tags::MEASURED),
        "first_chunk" | "last_chunk" | "split_first_chunk" | "split_last_chunk" | "split_at_checked" => {
            INPUT.or(Tags::MEASURED).or(Tags::PARTIAL)
        }
        "try_into" if before.has(Tags::MEASURED) => INPUT.or(Tags::MEASURED),
        "try_into" => INPUT.or(Tags::MEASURED).or(Tags::PARTIAL),
        "next" | "next_back" | "nth" | "last" | "first" | "get" | "pop" | "find" | "max" | "min" | "peek"
            if before.has(Tags::PARTS) =>
        {
            INPUT.or(Tags::TEXT).or(Tags::PARTIAL)
        }
        _ if is_partial(method) => {
            let text = if keeps_text(method) { Tags::TEXT } else { Tags::default() };
            let bounded = matches!(method, "find" | "rfind" | "position" | "get");
            INPUT.or(Tags::PARTIAL).or(text).or(if bounded { Tags::BOUNDED } else { Tags::default() })
        }
        "unwrap" | "expect" | "unwrap_or" | "unwrap_or_default" | "unwrap_or_else" | "unwrap_or_log" => {
            before.without(Tags::PARTIAL)
        }
        "ok" | "ok_or" | "ok_or_else" | "err_into" | "map_err" | "context" | "with_context" | "as_ref"
        | "as_mut" | "as_deref" | "cloned" | "copied" | "clone" | "inspect" | "inspect_err" => before,
        _ => {
            let split = if method == "map" { Tags::default() } else { Tags::SPLIT };
            let made = before.without(Tags::TEXT).without(Tags::PARTS).without(split);
            if keeps_number(method) { made } else { made.or(Tags::BOUNDED) }
        }
    }
}

/// Methods that keep a number as large as it is, or make it larger.
fn keeps_number(method: &str) -> bool {
    matches!(
        method,
        "into"
            | "max"
            | "to_le"
            | "to_be"
            | "saturating_add"
            | "saturating_sub"
            | "wrapping_sub"
            | "wrapping_add"
            | "wrapping_mul"
            | "saturating_mul"
    )
}

/// Methods that return information about a value, and no part of it.
pub(super) fn is_measure(method: &str) -> bool {
    method.starts_with("is_")
        || matches!(
            method,
            "len"
                | "count"
                | "capacity"
                | "starts_with"
                | "ends_with"
                | "contains"
                | "contains_key"
                | "any"
                | "all"
                | "eq"
                | "ne"
                | "eq_ignore_ascii_case"
                | "cmp"
                | "partial_cmp"
        )
}

/// Methods that return nothing for some inputs.
fn is_partial(method: &str) -> bool {
    matches!(
        method,
        "parse"
            | "split_once"
            | "rsplit_once"
            | "strip_prefix"
            | "strip_suffix"
            | "find"
            | "rfind"
            | "position"
            | "get"
            | "first"
            | "last"
            | "nth"
            | "as_u64"
            | "as_i64"
            | "as_f64"
            | "as_bool"
            | "as_array"
            | "as_object"
            | "as_bytes_mut"
            | "as_array_mut"
            | "as_object_mut"
            | "as_binary"
            | "pointer"
            | "to_digit"
            | "try_into"
            | "deserialize"
            | "split_first"
            | "split_last"
    )
}

fn keeps_text(method: &str) -> bool {
    matches!(method, "strip_prefix" | "strip_suffix" | "split_once" | "rsplit_once")
}

/// Functions that parse their argument, by the last name of their path, and fail for some inputs.
pub(super) fn reads(function: &str) -> bool {
    matches!(
        function,
        "from_str"
            | "from_slice"
            | "from_utf8"
            | "from_str_radix"
            | "from_value"
            | "from_reader"
            | "from_bytes"
            | "from_hex"
            | "from_json"
            | "parse_str"
            | "parse_from_str"
            | "parse_from_rfc3339"
            | "try_from"
            | "decode"
            | "deserialize"
            | "decode_config"
    )
}

/// Functions that return their argument, converted or wrapped.
pub(super) fn wraps(path: &str) -> bool {
    let (name, of) = (segments::last(path), segments::before_last(path).unwrap_or_default());
    match name {
        "Some" | "Ok" | "from_utf8_lossy" => true,
        "new" => matches!(of, "Arc" | "Rc" | "Box" | "Mutex" | "RwLock" | "Cursor" | "BufReader"),
        "from" => matches!(of, "String" | "Arc" | "Vec" | "Box" | "Cow" | "Some"),
        "clone" => matches!(of, "Arc" | "Rc" | "Clone"),
        _ => false,
    }
}

/// Functions that return what their first argument refers to, and leave something else there.
pub(super) fn takes_out(path: &str) -> bool {
    ["mem::take", "mem::replace"].iter().any(|name| path == *name || path.ends_with(&format!("::{name}")))
}

/// `RwLockWriteGuard::downgrade`, `MutexGuard::map`: a guard of the same lock.
pub(super) fn converts_guard(path: &str) -> bool {
    let (name, of) = (segments::last(path), segments::before_last(path).unwrap_or_default());
    of.ends_with("Guard") && matches!(name, "downgrade" | "downgrade_map" | "map" | "into_mapped")
}

/// The last words in the names of secrets.
const SECRETS: [&str; 12] = [
    "token",
    "secret",
    "password",
    "passwd",
    "jwt",
    "bearer",
    "authorization",
    "cookie",
    "cookies",
    "credentials",
    "apikey",
    "passphrase",
];

/// The first words in the names of answers about a value: `has_token`.
const ANSWERS: [&str; 12] =
    ["has", "is", "no", "needs", "with", "without", "wants", "requires", "missing", "num", "count", "uses"];

/// Whether a name is that of a secret.
pub(crate) fn is_secret(name: &str) -> bool {
    if name.split_once('_').is_some_and(|(first, _)| ANSWERS.contains(&first)) {
        return false;
    }
    let last = name.rsplit(['_', '-']).next().unwrap_or_default().to_lowercase();
    SECRETS.contains(&last.as_str()) || name.ends_with("api_key") || name.ends_with("api-key")
}

/// `"authorization"`, `COOKIE`, `header::AUTHORIZATION`.
pub(crate) fn is_secret_key(key: &Expr) -> bool {
    let text = key.to_token_stream().to_string().to_lowercase();
    is_secret(segments::last(&text).trim_matches(['"', ' ', '&']))
}

/// Functions and methods whose result is not secret, by a word in their name.
pub(super) fn hides(function: &str) -> bool {
    const WORDS: [&str; 9] =
        ["mask", "redact", "hash", "digest", "fingerprint", "obfuscate", "anonymi", "scrub", "censor"];
    WORDS.iter().any(|word| function.contains(word))
}

/// Methods whose result is as secret as the value.
pub(super) fn keeps_secret(method: &str) -> bool {
    matches!(
        method,
        "as_str"
            | "as_ref"
            | "clone"
            | "cloned"
            | "unwrap"
            | "expect"
            | "unwrap_or"
            | "unwrap_or_default"
            | "to_str"
            | "to_string"
            | "to_owned"
            | "as_deref"
            | "ok"
            | "value"
            | "trim"
            | "into_inner"
            | "strip_prefix"
            | "map_err"
            | "split_once"
    )
}
