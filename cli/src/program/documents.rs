//! The JSON documents in a program's output.

use serde_json::{Deserializer, Value};

/// Every document of this kind. The program may print other text, also on the same line.
pub(crate) fn documents(output: &str, is_wanted: impl Fn(&Value) -> bool) -> Vec<Value> {
    let mut found = Vec::new();
    let mut rest = output;
    while let Some(start) = rest.find('{') {
        rest = &rest[start..];
        let mut values = Deserializer::from_str(rest).into_iter::<Value>();
        match values.next() {
            Some(Ok(value)) => {
                rest = &rest[values.byte_offset()..];
                found.extend(is_wanted(&value).then_some(value));
            }
            _ => rest = &rest[1..],
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_found_among_other_output() {
        let is_wanted = |value: &Value| value["ours"] == true;
        let count = |output: &str| documents(output, is_wanted).len();
        assert_eq!(
            count("starting {up}\n{\"other\": 1}\n{ no json\n{\n  \"ours\": true\n}\nbye\n{\"ours\":true}"),
            2
        );
        assert_eq!(count(""), 0);
        // Text without an end of its line, and a line of a log that only cites a document.
        assert_eq!(count("half{\"ours\":true}"), 1);
        assert_eq!(count("half {{\"ours\":true}"), 1);
        assert_eq!(count("{\"message\":{\"ours\":true}}"), 0);
    }
}
