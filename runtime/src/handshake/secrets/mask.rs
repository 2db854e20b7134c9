//! Takes values out of a text.

use super::HIDDEN;

/// How many bytes of a text are shown in the log. A client can make a text long that repeats its request.
const LONGEST: usize = 16 * 1024;

/// The text without these values, each stretch of them replaced once. They are looked for in the text as it is, so that what
/// stands in their place is never taken for one of them.
pub(super) fn mask(text: &str, values: &[String]) -> String {
    let seen = &text[..text.floor_char_boundary(LONGEST)];
    let covered = covered(seen, values);
    let is_cut = seen.len() < text.len();
    let end = if is_cut { seen.floor_char_boundary(surely_whole(values)) } else { seen.len() };
    let mut shown = String::with_capacity(end);
    let mut was_covered = false;
    for (at, character) in seen[..end].char_indices() {
        match (covered[at], was_covered) {
            (false, _) => shown.push(character),
            (true, false) => shown.push_str(HIDDEN),
            (true, true) => {}
        }
        was_covered = covered[at];
    }
    if is_cut {
        shown.push('…');
    }
    shown
}

/// Which bytes are part of a value.
fn covered(text: &str, values: &[String]) -> Vec<bool> {
    let mut covered = vec![false; text.len()];
    for value in values {
        for (at, found) in text.match_indices(value.as_str()) {
            covered[at..at + found.len()].fill(true);
        }
    }
    covered
}

/// Up to where no value of a text that is cut can begin that is not found because it ends behind the cut.
fn surely_whole(values: &[String]) -> usize {
    let longest = values.iter().map(String::len).max().unwrap_or_default();
    LONGEST.saturating_sub(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, values: &[&str]) -> String {
        mask(text, &values.iter().map(ToString::to_string).collect::<Vec<_>>())
    }

    #[test]
    fn what_stands_in_place_of_a_value_is_left_alone() {
        assert_eq!(masked("log in first", &["first", "hidd", "[hid", "dden]"]), "log in [hidden]");
        assert_eq!(masked("ab-abcd-cdef-abcdef", &["abcd", "cdef"]), "ab-[hidden]-[hidden]-[hidden]");
    }

    #[test]
    fn a_value_at_the_cut_is_not_shown_in_part() {
        let text = "x".repeat(LONGEST - 3) + "s3cret";
        let shown = masked(&text, &["s3cret"]);
        assert!(shown.ends_with("x…") && shown.len() < LONGEST, "{}", &shown[shown.len() - 20..]);
        assert_eq!(masked(&"é".repeat(LONGEST), &["y".repeat(LONGEST).as_str()]), "…");
    }
}
