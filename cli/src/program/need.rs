//! What a program needs that failed before it served, as far as its standard error names it.

use std::collections::BTreeSet;

/// The help for a program that failed.
pub(super) fn need(errors: &[String]) -> String {
    let said = errors.join("\n").to_lowercase();
    let about = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if about(&VARIABLE) {
        variable(errors)
    } else if about(&["usage:", "required argument", "required arguments"]) {
        "pass the arguments that the program asks for after `--`".to_owned()
    } else if about(&["connection refused", "connection error", "could not connect", "timed out"]) {
        "start the service that the program connects to before it calls `serve`, or connect to it later"
            .to_owned()
    } else {
        "let the program reach `Server::serve`, which prints the check: set the environment variables that it needs, and pass its arguments after `--`".to_owned()
    }
}

/// How a missing variable is reported.
const VARIABLE: [&str; 3] = ["environment variable", "notpresent", "env var"];

/// The name of the variable if one is near these words, or else the place that reads it.
fn variable(errors: &[String]) -> String {
    let is_about = |line: &String| VARIABLE.iter().any(|word| line.to_lowercase().contains(word));
    let names: BTreeSet<&str> =
        errors.iter().filter(|line| is_about(line)).flat_map(|line| names(line)).collect();
    match (names.first(), place(errors)) {
        (Some(name), _) if names.len() == 1 => {
            format!("set the environment variable `{name}`, which the program asks for")
        }
        (_, Some(place)) => format!("set the environment variable that the program reads at `{place}`"),
        _ => "set the environment variable that the program asks for".to_owned(),
    }
}

/// The words that look like names of variables, such as `DATABASE_URL`.
fn names(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |sign: char| sign.is_ascii_alphanumeric() || sign == '_';
    line.split(move |sign| !is_part(sign)).filter(|word| {
        word.len() > 2
            && word.starts_with(|sign: char| sign.is_ascii_uppercase())
            && !word.contains(|sign: char| sign.is_ascii_lowercase())
    })
}

/// The file, the line, and the column of the last panic.
fn place(errors: &[String]) -> Option<&str> {
    let panic = errors.iter().rfind(|line| is_panic(line))?;
    let (_, place) = panic.split_once("panicked at ")?;
    Some(place.trim_end_matches(':')).filter(|place| place.contains(".rs:"))
}

/// The line that precedes the message of a panic.
pub(super) fn is_panic(line: &str) -> bool {
    line.starts_with("thread '") && line.contains("panicked at ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> String {
        need(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn a_missing_variable_is_named() {
        for said in [
            "DATABASE_URL: NotPresent",
            "Error: the environment variable DATABASE_URL is not set",
            "missing env var `DATABASE_URL`",
        ] {
            assert_eq!(
                of(said),
                "set the environment variable `DATABASE_URL`, which the program asks for",
                "{said}"
            );
        }
    }

    #[test]
    fn a_variable_without_a_name_has_a_place() {
        let said = "thread 'main' (7) panicked at src/main.rs:3:40:\ncalled `Result::unwrap()` on an `Err` value: NotPresent";
        assert_eq!(of(said), "set the environment variable that the program reads at `src/main.rs:3:40`");
        let said = "neither environment variable APP_URL nor APP_HOST is set";
        assert_eq!(of(said), "set the environment variable that the program asks for");
    }

    #[test]
    fn other_needs_are_told_apart() {
        assert!(of("Connection refused (os error 111)").starts_with("start the service"));
        assert!(of("Usage: app <FILE>").starts_with("pass the arguments"));
        assert!(of("out of luck").starts_with("let the program reach `Server::serve`"));
    }
}
