//! Whether a file can be parsed without running out of stack.
//!
//! A parser calls itself for nested code, and its result is walked and dropped in the same way. A lexer does neither, so
//! tokens are checked first. Brackets nest, and so do prefixes (`!!!!x`), types (`A<A<A<..`), chains (`a + b + c`,
//! `a.b().c()`) and `else if`. All but brackets are within one statement, so the length of statements is what counts.

use std::iter::Peekable;

use proc_macro2::{Delimiter, Group, Spacing, Span, TokenStream, TokenTree, token_stream};

/// People write 20 levels, macros and generators 100.
const DEEPEST: usize = 256;

/// Tokens of an unfinished statement, including those of the statements around it.
const LONGEST: usize = 4096;

/// An open bracket.
struct Open {
    rest: Peekable<token_stream::IntoIter>,
    is_block: bool,
    /// Tokens since the last separator.
    run: usize,
    /// `<` without its `>`: a comma in between does not separate. Comparisons look the same, but only up to the end of
    /// their statement.
    angles: usize,
}

impl Open {
    fn new(tokens: TokenStream, is_block: bool) -> Self {
        Self { rest: tokens.into_iter().peekable(), is_block, run: 0, angles: 0 }
    }

    fn cost(&self) -> usize {
        self.run + self.angles
    }

    fn take(&mut self, token: &TokenTree) {
        match token {
            TokenTree::Punct(punct) => self.punct(punct.as_char(), punct.spacing()),
            _ => self.run += 1,
        }
    }

    fn punct(&mut self, punct: char, spacing: Spacing) {
        match punct {
            ';' => self.end(),
            ',' => self.run = 0,
            '<' => self.angles += 1,
            // The end of `->` and `=>` closes nothing, but counting less does no harm.
            '>' => self.angles = self.angles.saturating_sub(1),
            // The arm of a `match` begins an expression.
            '=' if spacing == Spacing::Joint && self.next_is('>') => self.run = 0,
            _ => self.run += 1,
        }
    }

    fn next_is(&mut self, wanted: char) -> bool {
        matches!(self.rest.peek(), Some(TokenTree::Punct(punct)) if punct.as_char() == wanted)
    }

    fn end(&mut self) {
        (self.run, self.angles) = (0, 0);
    }

    /// A block ends its statement, unless it is followed by `else`, `as`, an operator, a call or `?`.
    fn after_block(&mut self) {
        let ends = match self.rest.peek() {
            Some(TokenTree::Ident(word)) => word != "else" && word != "as",
            Some(TokenTree::Punct(punct)) => punct.as_char() == '#',
            Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::Brace,
            Some(TokenTree::Literal(_)) | None => true,
        };
        if ends {
            self.end();
        }
    }
}

/// The first token of this text that is nested too deeply.
pub(super) fn too_deep(tokens: &TokenStream, text: &str) -> Option<Span> {
    let mut open = vec![Open::new(tokens.clone(), false)];
    let mut around = 0;
    while let Some(current) = open.last_mut() {
        let Some(token) = current.rest.next() else {
            around -= leave(&mut open);
            continue;
        };
        current.take(&token);
        let counted = around + current.cost();
        if counted > LONGEST || open.len() > DEEPEST {
            return Some(token.span());
        }
        if let TokenTree::Group(group) = &token {
            let is_block = group.delimiter() == Delimiter::Brace;
            let most = Most::of(group, text);
            if most.is_some_and(|most| counted + most.tokens <= LONGEST && open.len() + most.open <= DEEPEST)
            {
                skip(&mut open, is_block);
                continue;
            }
            around = counted;
            open.push(Open::new(group.stream(), is_block));
        }
    }
    None
}

/// Upper bounds for the contents of a bracket, from its text: most brackets are so short that their tokens need not be visited.
struct Most {
    tokens: usize,
    open: usize,
}

impl Most {
    fn of(group: &Group, text: &str) -> Option<Self> {
        let text = text.as_bytes().get(group.span().byte_range())?;
        let mut most = Self { tokens: 0, open: 1 };
        for byte in text {
            most.tokens += match byte {
                b' ' | b'\n' => 0,
                // `///x` is five tokens, and three of them are in a bracket.
                b'/' => 3,
                _ => 1,
            };
            most.open += usize::from(matches!(byte, b'(' | b'[' | b'{'));
        }
        Some(most)
    }
}

/// Continues after a bracket whose tokens were not visited.
fn skip(open: &mut [Open], is_block: bool) {
    if let Some(current) = open.last_mut().filter(|_| is_block) {
        current.after_block();
    }
}

/// Returns to the enclosing bracket, with the count from when it was left.
fn leave(open: &mut Vec<Open>) -> usize {
    let left_block = open.pop().is_some_and(|left| left.is_block);
    let Some(around) = open.last_mut() else { return 0 };
    let counted = around.cost();
    if left_block {
        around.after_block();
    }
    counted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_too_deep(text: &str) -> bool {
        too_deep(&text.parse().unwrap(), text).is_some()
    }

    #[test]
    fn what_nests_is_counted() {
        for (open, core, close) in [
            ("(", "", ")"),
            ("{", "", "}"),
            ("!", "x", ""),
            ("A<u8, ", "u8", ">"),
            ("1 + ", "1", ""),
            (".a()", "", ""),
        ] {
            let nested = |times| format!("x = {}{core}{};", open.repeat(times), close.repeat(times));
            assert!(!is_too_deep(&nested(50)), "{open}");
            assert!(is_too_deep(&nested(9000)), "{open}");
        }
        assert!(is_too_deep(&"if a {} else ".repeat(9000)));
        assert!(is_too_deep(&format!("{}{{ {} }}", "!".repeat(5000), "!".repeat(5000))));
    }

    #[test]
    fn the_bounds_of_a_bracket_are_not_too_low() {
        for text in ["{ a + b[c(d)] }", "{ /// a\n//! b\n/** c */ x }", "{\t\"((\"; }", "((((x))))"] {
            let tokens: TokenStream = text.parse().unwrap();
            let Some(TokenTree::Group(group)) = tokens.into_iter().next() else { panic!("{text}") };
            let most = Most::of(&group, text).unwrap();
            let (tokens, open) = counted(&group);
            assert!(most.tokens >= tokens && most.open >= open, "{text}");
        }
    }

    /// The number of tokens in a bracket, and the depth of the brackets in it, including itself.
    fn counted(group: &Group) -> (usize, usize) {
        group.stream().into_iter().fold((0, 1), |(tokens, open), token| match token {
            TokenTree::Group(group) => {
                let inner = counted(&group);
                (tokens + 1 + inner.0, open.max(inner.1 + 1))
            }
            _ => (tokens + 1, open),
        })
    }

    #[test]
    fn what_stands_side_by_side_is_not() {
        for text in [
            "a + b;",
            "1,",
            "fn f() -> u8 { 1 }",
            "A => {}",
            "A => b,",
            "#[a] struct A { b: u8 }",
            "if a < b {}",
        ] {
            assert!(!is_too_deep(&text.repeat(9000)), "{text}");
        }
    }
}
