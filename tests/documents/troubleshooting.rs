//! The guide's page on troubleshooting is made of the table of symptoms, which `cargo sockeye explain` reads as well.
//! `UPDATE=1 cargo test -p sockeye-tests --test documents` writes it anew.

use sockeye_rules::{SYMPTOMS, Symptom};

use crate::{generated, read};

const PAGE: &str = "runtime/docs/troubleshooting.md";

/// Behind this line begins what is made.
const MARK: &str = "--test documents`. -->\n";

/// A symptom as a section of the page, with a link to the page of each rule.
fn section(symptom: &Symptom) -> String {
    let mut section = symptom.page();
    for (rule, _) in symptom.causes {
        let link = format!("| [`{}`](sockeye_rules::{}) |", rule.name, rule.name.to_uppercase());
        section = section.replace(&format!("| `{}` |", rule.name), &link);
    }
    section
}

#[test]
fn the_page_has_every_symptom() {
    let page = read(PAGE);
    let (head, _) = page.split_once(MARK).expect("the line behind which the page is made");
    let sections: Vec<_> = SYMPTOMS.iter().map(section).collect();
    generated(PAGE, &format!("{head}{MARK}\n{}", sections.join("\n")));
}
