//! The guide's page on troubleshooting is made of the table of symptoms, which `cargo sockeye explain` reads as well.
//! `UPDATE=1 cargo test -p sockeye-tests --test documents` writes it anew.

use sockeye_rules::{SYMPTOMS, Symptom};

use crate::{generated, guide_links::definitions_of, read};

const PAGE: &str = "runtime/docs/troubleshooting.md";

/// Behind this line begins what is made.
const MARK: &str = "--test documents`. -->\n";

/// A symptom as a section of the page, with a link to the page of each rule.
fn section(symptom: &Symptom) -> String {
    let mut section = symptom.page();
    for (rule, _) in symptom.causes {
        section = section.replace(&format!("| `{}` |", rule.name), &format!("| [`{}`] |", rule.name));
    }
    section
}

#[test]
fn the_page_has_every_symptom() {
    let page = read(PAGE);
    let (head, _) = page.split_once(MARK).expect("the line behind which the page is made");
    let sections: Vec<_> = SYMPTOMS.iter().map(section).collect();
    let rules = SYMPTOMS.iter().flat_map(|symptom| symptom.causes).map(|(rule, _)| *rule);
    generated(PAGE, &format!("{head}{MARK}\n{}\n{}", sections.join("\n"), definitions_of(rules)));
}
