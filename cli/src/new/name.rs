//! The name of the endpoint, which is also the name of its module and its function.

use crate::probe::Trouble;

/// Names that mean something else in the source that is written, or whose file Cargo takes for another target.
const TAKEN: [&str; 9] = ["alloc", "core", "gen", "lib", "main", "publish", "server", "std", "test"];

/// Whether the name can be one of a module and of a function, without a warning of rustc.
pub(super) fn check(name: &str) -> Result<(), Trouble> {
    let snake = snake_case(name);
    if snake.is_empty() || !snake.starts_with(|first: char| first.is_ascii_lowercase()) {
        return Err(Trouble::new(format!("`{name}` cannot be the name of a module")).help(
            "write a name of lower-case letters, digits, and `_` that begins with a letter, such as `prices`",
        ));
    }
    if snake != name {
        return Err(Trouble::new(format!(
            "`{name}` is not a name in snake case, which modules and functions have"
        ))
        .help(format!("write `cargo sockeye new {snake}`")));
    }
    if syn::parse_str::<syn::Ident>(name).is_err() || TAKEN.contains(&name) {
        return Err(Trouble::new(format!("`{name}` is a name that Rust or the written source uses"))
            .help(format!("write another name, such as `{name}_events`")));
    }
    Ok(())
}

/// The words of the name, joined by `_`.
fn snake_case(name: &str) -> String {
    let mut words = String::new();
    for character in name.trim_start_matches("r#").chars() {
        if character.is_ascii_uppercase() && words.ends_with(|last: char| last.is_ascii_lowercase()) {
            words.push('_');
        }
        let is_part = character.is_ascii_alphanumeric();
        words.push(if is_part { character.to_ascii_lowercase() } else { '_' });
    }
    words.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_")
}

#[cfg(test)]
mod tests {
    use super::snake_case;

    #[test]
    fn names_are_proposed_in_snake_case() {
        for (name, proposed) in [
            ("live-prices", "live_prices"),
            ("LivePrices", "live_prices"),
            ("_a__b_", "a_b"),
            ("chat.room", "chat_room"),
            ("r#loop", "loop"),
            ("é", ""),
        ] {
            assert_eq!(snake_case(name), proposed);
        }
    }
}
