//! Names of WebSocket subprotocols, as in `subprotocols = ["v2", "v1"]`.

use crate::value::ValueProblem;

/// Checks that a name can be used in `Sec-WebSocket-Protocol`: it must be an HTTP token (RFC 6455 section 4.1, RFC 9110
/// section 5.6.2).
///
/// ```
/// assert!(sockeye_rules::subprotocol::check("graphql-transport-ws").is_ok());
/// assert!(sockeye_rules::subprotocol::check("v2, v1").is_err());
/// ```
///
/// # Errors
///
/// If the name is empty or has a character that a token cannot have.
pub fn check(name: &str) -> Result<(), ValueProblem> {
    if name.is_empty() {
        let help = "write the name that the client asks for, as in `\"v1\"`";
        return Err(ValueProblem::new("a subprotocol must have a name", help));
    }
    match name.chars().find(|c| !is_token(*c)) {
        None => Ok(()),
        Some(',') => Err(several(name)),
        Some(found) => Err(bad_character(name, found)),
    }
}

fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

fn several(name: &str) -> ValueProblem {
    let each: Vec<_> = name.split(',').map(|part| format!("\"{}\"", part.trim())).collect();
    ValueProblem::new(
        format!("`{name}` is a list, not one subprotocol"),
        format!("write `{}`", each.join(", ")),
    )
}

fn bad_character(name: &str, found: char) -> ValueProblem {
    let kept: String = name.trim().chars().map(|c| if is_token(c) { c } else { '-' }).collect();
    ValueProblem::new(
        format!("`{name}` cannot be a subprotocol: {found:?} is not allowed in the header that carries it"),
        format!("letters, digits and `-._` are safe: write `\"{kept}\"`"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_pass() {
        for name in ["v1", "graphql-transport-ws", "mqtt", "v10.stomp", "a!#$%&'*+-.^_`|~z"] {
            assert_eq!(check(name), Ok(()), "{name}");
        }
    }

    #[test]
    fn the_rest_says_what_to_write() {
        for (name, help) in [
            ("", "write the name that the client asks for, as in `\"v1\"`"),
            ("v2, v1", "write `\"v2\", \"v1\"`"),
            ("my proto", "letters, digits and `-._` are safe: write `\"my-proto\"`"),
            ("a/b", "letters, digits and `-._` are safe: write `\"a-b\"`"),
            ("é", "letters, digits and `-._` are safe: write `\"-\"`"),
        ] {
            assert_eq!(
                check(name).map_err(|problem| problem.help().to_owned()),
                Err(help.to_owned()),
                "{name}"
            );
        }
    }
}
