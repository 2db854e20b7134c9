//! The source text if there is no file to read it from: in an editor, or if a macro wrote the handler.

use proc_macro2::TokenStream;
use sockeye_rules::syntax::{Function, Parameter, one_line};

use crate::mark::{Mark, Sources};

/// Reconstructs attribute and signature from their tokens.
pub(crate) fn rebuilt(function: &Function, route: &TokenStream, line: u32) -> Sources {
    let mut text = Text::default();
    text.push("#[ws_endpoint(");
    let route = text.push(&one_line(route));
    text.push(")]\nasync fn ");
    let name = text.push(&function.name().to_string());
    text.push("(");
    let parameters = parameters(&mut text, &function.parameters);
    text.push(")");
    if let Some(output) = function.output() {
        text.push(&format!(" -> {}", one_line(output)));
    }
    Sources { line, text: text.0, route, name, parameters }
}

/// Writes every parameter; the marks are those of all parameters except the first.
fn parameters(text: &mut Text, all: &[Parameter]) -> Vec<Mark> {
    let mut marks = Vec::new();
    for (index, parameter) in all.iter().enumerate() {
        if index > 0 {
            text.push(", ");
        }
        let mark = text.push(&parameter.text());
        marks.extend((index > 0).then_some(mark));
    }
    marks
}

#[derive(Default)]
struct Text(String);

impl Text {
    fn push(&mut self, piece: &str) -> Mark {
        let start = self.0.len();
        self.0.push_str(piece);
        Mark { start, end: self.0.len() }
    }
}
