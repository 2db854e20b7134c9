//! Finds the page for a name.

use sockeye_rules::{RULES, Rule, SYMPTOMS, Symptom, find, symptoms, syntax::near};

/// The result of a search.
pub(super) enum Found {
    Rule(&'static Rule),
    Symptom(&'static Symptom),
    /// The names of more than one page, each with its summary.
    Several(Vec<(&'static str, &'static str)>),
}

/// The page with this name: a rule's, with or without the brackets of messages, or a symptom's.
///
/// # Errors
/// As text, with similar names.
pub(super) fn named(name: &str) -> Result<Found, String> {
    let plain = name.trim_matches(['[', ']']).replace(['-', ' '], "_").to_lowercase();
    if let Some(rule) = find(&plain) {
        return Ok(Found::Rule(rule));
    }
    match (symptoms(name).as_slice(), about(&plain).as_slice()) {
        ([symptom], []) => Ok(Found::Symptom(symptom)),
        ([], []) => Err(unknown(name, &plain)),
        ([], [rule]) => Ok(Found::Rule(rule)),
        (symptoms, rules) => Ok(several(symptoms, rules)),
    }
}

/// The rules whose name has every one of these words: `heartbeat`, `missing`.
fn about(plain: &str) -> Vec<&'static Rule> {
    let words: Vec<_> = plain.split('_').filter(|word| !word.is_empty()).collect();
    let has_all = |rule: &&Rule| words.iter().all(|word| rule.name.split('_').any(|part| part == *word));
    if words.is_empty() { Vec::new() } else { RULES.iter().copied().filter(has_all).collect() }
}

fn several(symptoms: &[&'static Symptom], rules: &[&'static Rule]) -> Found {
    let symptoms = symptoms.iter().map(|symptom| (symptom.name, symptom.title));
    Found::Several(symptoms.chain(rules.iter().map(|rule| (rule.name, rule.summary()))).collect())
}

fn unknown(name: &str, plain: &str) -> String {
    if let Some(why) = plain.parse().ok().and_then(foreign_code) {
        return format!("no page explains {name}: {why}");
    }
    let names = RULES.iter().map(|rule| rule.name).chain(SYMPTOMS.iter().flat_map(Symptom::names));
    match near(plain, names).as_slice() {
        [] => format!(
            "`{name}` is not a rule, status, close code, or symptom; run `cargo sockeye explain` to list all rules and symptoms"
        ),
        near => {
            format!(
                "`{name}` is not a rule, status, close code, or symptom; did you mean {}?",
                alternatives(near)
            )
        }
    }
}

/// The possible sources of a status or close code that Sockeye does not send.
fn foreign_code(code: u16) -> Option<&'static str> {
    match code {
        300..=599 => Some(
            "Sockeye never answers with this status; your handler (`handler_refused`), an extractor (`extractor_refused`), \
             a layer (`refused_by_layer`), or a proxy did",
        ),
        1000..=2999 => Some("Sockeye never closes with this code; your handler, the client, or a proxy did"),
        3000..=4999 => {
            Some("this close code belongs to applications; look for it in your handler and in the client")
        }
        _ => None,
    }
}

/// `` `a` ``, `` `a` or `b` ``, `` `a`, `b`, or `c` ``.
fn alternatives(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [one, two] => format!("{one} or {two}"),
        [rest @ .., last] => format!("{}, or {last}", rest.join(", ")),
    }
}
