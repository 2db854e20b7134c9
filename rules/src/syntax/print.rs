use proc_macro2::{Delimiter, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

/// Prints tokens on one line, with the spaces that a person would write in a type or a parameter.
///
/// ```
/// let ty: syn::Type = syn::parse_quote!(Path<(u64, String)>);
/// assert_eq!(sockeye_rules::syntax::one_line(&ty), "Path<(u64, String)>");
/// ```
pub fn one_line(tokens: &dyn ToTokens) -> String {
    let mut line = String::new();
    write(tokens.to_token_stream(), &mut line);
    line
}

fn write(tokens: TokenStream, line: &mut String) {
    let mut glued = true;
    for token in tokens {
        if matches!(&token, TokenTree::Punct(close) if close.as_char() == '>') && line.ends_with(',') {
            line.pop(); // of a list that was written on several lines
        }
        let (space_before, glue_after) = spacing(&token, line);
        if space_before && !glued && !line.is_empty() {
            line.push(' ');
        }
        match token {
            TokenTree::Group(group) => write_group(&group, line),
            other => line.push_str(&other.to_string()),
        }
        glued = glue_after;
    }
}

fn write_group(group: &proc_macro2::Group, line: &mut String) {
    let (open, close) = match group.delimiter() {
        Delimiter::Parenthesis => ("(", ")"),
        Delimiter::Bracket => ("[", "]"),
        Delimiter::Brace => ("{ ", " }"),
        Delimiter::None => ("", ""),
    };
    line.push_str(open);
    write(group.stream(), line);
    line.push_str(close);
}

/// Whether a token needs a space before it, and whether it attaches to the token after it.
fn spacing(token: &TokenTree, line: &str) -> (bool, bool) {
    match token {
        TokenTree::Punct(punct) => match punct.as_char() {
            ',' | ';' | '>' => (false, false),
            ':' if punct.spacing() == Spacing::Joint || line.ends_with("::") => (false, true),
            // The second half of `::` attaches on both sides, a single colon on its left.
            ':' => (false, line.ends_with(':')),
            '<' | '!' | '\'' => (punct.as_char() == '\'', true),
            '&' | '*' | '#' => (true, true),
            '-' | '=' | '+' | '|' => (!line.ends_with(['-', '=']), punct.spacing() == Spacing::Joint),
            _ => (false, true),
        },
        TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis => {
            let call = line.ends_with(|c: char| c.is_alphanumeric() || c == '_');
            (!call, false)
        }
        TokenTree::Group(group) if group.delimiter() == Delimiter::Bracket => {
            (!line.ends_with('!') && !is_indexed(line), false)
        }
        _ => (true, false),
    }
}

/// Whether an expression ends there, so that a bracket after it is an index: after `words`, and not after `&mut`.
fn is_indexed(line: &str) -> bool {
    const KEYWORDS: [&str; 9] = ["as", "const", "dyn", "else", "if", "in", "match", "mut", "return"];
    let word = line.rsplit(|one: char| !one.is_alphanumeric() && one != '_').next().unwrap_or_default();
    line.ends_with([')', ']']) || !word.is_empty() && !KEYWORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_read_as_written() {
        for text in [
            "State<Hub<LogRecord>>",
            "Path<(u64, String)>",
            "axum::extract::Path<u64>",
            "&'a mut str",
            "&str",
            "[u8; 4]",
            "Handshake<Json<Command, Progress>>",
            "Box<dyn Error + Send + Sync>",
            "<T as Trait>::Item",
            "::std::string::String",
            "fn(u8) -> u16",
            "impl Into<String>",
            "Path((room, id)): Path<(u64, String)>",
            "handshake: Handshake",
            "seats[row].get(seat)",
            "seats()[0][1]",
            "&mut [u8]",
        ] {
            let tokens: TokenStream = text.parse().unwrap();
            assert_eq!(one_line(&tokens), text);
        }
        let tokens: TokenStream = "Path<\n    u64,\n>".parse().unwrap();
        assert_eq!(one_line(&tokens), "Path<u64>");
    }
}
