use std::collections::VecDeque;

/// The last entries of a kind, newest first, and how many there were in all.
#[derive(Debug)]
pub(super) struct Recent<T> {
    entries: VecDeque<T>,
    total: u64,
}

/// How many are kept.
pub(super) const MOST: usize = 200;

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { entries: VecDeque::new(), total: 0 }
    }
}

impl<T> Recent<T> {
    /// Adds an entry in front. One that repeats another replaces it, so that a client that tries again and again does not displace
    /// the others.
    pub(super) fn add(&mut self, make: impl FnOnce(Option<T>) -> T, repeats: impl Fn(&T) -> bool) {
        self.total += 1;
        let same = self.entries.iter().position(repeats);
        let earlier = same.and_then(|index| self.entries.remove(index));
        self.entries.truncate(MOST - 1);
        self.entries.push_front(make(earlier));
    }

    pub(super) fn total(&self) -> u64 {
        self.total
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &T> {
        self.entries.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_are_kept_and_all_are_counted() {
        let mut recent = Recent::default();
        for number in 0..1000 {
            recent.add(|_| number, |_| false);
        }
        assert_eq!(recent.total(), 1000);
        assert_eq!(recent.iter().count(), MOST);
        assert_eq!(recent.iter().next(), Some(&999));
    }

    #[test]
    fn a_repetition_displaces_no_other() {
        let mut recent = Recent::default();
        recent.add(|_| ("rare", 1), |_| false);
        for _ in 0..1000 {
            recent
                .add(|earlier| ("often", earlier.map_or(0, |(_, times)| times) + 1), |one| one.0 == "often");
        }
        assert_eq!(recent.iter().collect::<Vec<_>>(), [&("often", 1000), &("rare", 1)]);
    }
}
