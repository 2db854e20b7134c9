//! Compares what the rules report with what they must report, and counts.

use std::{collections::BTreeMap, fmt};

use crate::source::{Found, Judged, Marker, Source};

/// What came of the whole corpus.
#[derive(Default)]
pub(crate) struct Figures {
    right: usize,
    right_reported: usize,
    wrong: usize,
    wrong_caught: usize,
    rules: BTreeMap<String, Count>,
    /// What makes the test fail, in words.
    faults: Vec<String>,
    /// Marked with `//~?` and missed, as was known.
    known_misses: Vec<String>,
}

#[derive(Default)]
struct Count {
    marked: usize,
    caught: usize,
    false_alarms: usize,
}

impl Figures {
    /// Every diagnostic is a false alarm.
    pub(crate) fn right(&mut self, source: &Source) {
        assert!(source.markers.is_empty(), "{} is right and has markers", source.name);
        for function in source.functions.iter().filter(|function| function.followed) {
            self.right += 1;
            self.right_reported += usize::from(!function.found.is_empty());
            for found in &function.found {
                self.false_alarm(source, function, found);
            }
        }
    }

    /// Every marker must be reported, and nothing else.
    pub(crate) fn wrong(&mut self, source: &Source) {
        let mut left = source.markers.clone();
        for function in &source.functions {
            let own = own_markers(function, source);
            for found in &function.found {
                let expected =
                    own.iter().any(|marker| marker.line == found.line && marker.rule == found.rule);
                if !expected {
                    self.false_alarm(source, function, found);
                }
            }
            let missed = own.iter().filter(|marker| !self.is_caught(source, function, marker)).count();
            left.retain(|marker| !own.contains(&marker));
            if !own.is_empty() {
                self.wrong += 1;
                self.wrong_caught += usize::from(missed == 0);
            }
        }
        for marker in left {
            self.faults.push(format!("{}:{}: no function has this marker", source.name, marker.line));
        }
    }

    fn is_caught(&mut self, source: &Source, function: &Judged, marker: &Marker) -> bool {
        let caught =
            function.found.iter().any(|found| found.line == marker.line && found.rule == marker.rule);
        let count = self.rules.entry(marker.rule.clone()).or_default();
        count.marked += 1;
        count.caught += usize::from(caught);
        let at = format!("{}:{}: {} in `{}`", source.name, marker.line, marker.rule, function.name);
        match (caught, marker.known_miss) {
            (true, false) => {}
            (true, true) => self.faults.push(format!("{at} is caught now: write `//~` without `?`")),
            (false, false) => self.faults.push(format!("{at} is missed")),
            (false, true) => self.known_misses.push(at),
        }
        caught
    }

    fn false_alarm(&mut self, source: &Source, function: &Judged, found: &Found) {
        self.rules.entry(found.rule.to_owned()).or_default().false_alarms += 1;
        let Found { line, text, .. } = found;
        self.faults.push(format!("{}:{line}: false alarm in `{}`\n{text}", source.name, function.name));
    }

    pub(crate) fn faults(&self) -> &[String] {
        &self.faults
    }

    /// The line of the guide, in `runtime/docs/mistakes.md`.
    pub(crate) fn line(&self) -> String {
        let Self { right, right_reported, wrong, wrong_caught, .. } = self;
        let missed = wrong - wrong_caught;
        format!(
            "| corpus | {right} right handlers, {right_reported} false alarms | {wrong} wrong handlers, \
             {wrong_caught} caught, {missed} missed |"
        )
    }
}

/// The markers between the first and the last line of a function. Those of a function inside of it are not its own, but
/// nothing in the corpus needs that.
fn own_markers<'a>(function: &Judged, source: &'a Source) -> Vec<&'a Marker> {
    let (first, last) = function.lines;
    source.markers.iter().filter(|marker| (first..=last).contains(&marker.line)).collect()
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<24}{:>8}{:>8}{:>8}{:>14}", "rule", "marked", "caught", "missed", "false alarms")?;
        for (rule, Count { marked, caught, false_alarms }) in &self.rules {
            let missed = marked - caught;
            writeln!(f, "{rule:<24}{marked:>8}{caught:>8}{missed:>8}{false_alarms:>14}")?;
        }
        for miss in &self.known_misses {
            writeln!(f, "known to be missed: {miss}")?;
        }
        write!(f, "{}", self.line())
    }
}
