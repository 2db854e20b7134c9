//! What a name that nothing has was probably meant to be.

/// The candidate whose text is the most similar to `wanted`, if it can be a misspelling of it.
pub(super) fn closest<T: Copy>(
    wanted: &str,
    candidates: impl Iterator<Item = T>,
    text: impl Fn(T) -> &'static str,
) -> Option<T> {
    let likeness = |one: T| strsim::normalized_damerau_levenshtein(text(one), wanted);
    candidates
        .map(|one| (likeness(one), one))
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .filter(|(likeness, _)| *likeness > 0.6)
        .map(|(_, one)| one)
}
