//! Begins a rule: `cargo run -p sockeye-rules --example new_rule -- startup my_rule` writes its line in the table and its files,
//! which do not compile, or fail their test, until they say what the rule is.
//!
//! `CONTRIBUTING.md` says what belongs into each. The phases are `signature`, `lifecycle`, `axum`, `startup` and `run`.

#![allow(clippy::print_stdout, clippy::print_stderr, reason = "it is a program for a terminal")]

use std::{
    env, fs, io,
    path::{Path, PathBuf},
    process::ExitCode,
};

const TABLE: &str = "rules/src/catalogue.rs";

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    // The third one is for the test of this program.
    let (phase, rule, root) = match &arguments[..] {
        [phase, rule] => (phase, rule, Path::new(env!("CARGO_MANIFEST_DIR")).join("..")),
        [phase, rule, root] => (phase, rule, PathBuf::from(root)),
        _ => return fail("usage: new_rule PHASE RULE, such as `new_rule startup my_rule`"),
    };
    if !rule.starts_with(|first: char| first.is_ascii_lowercase())
        || !rule.chars().all(|one| one.is_ascii_lowercase() || one == '_')
    {
        return fail("the name of a rule is in snake_case: `my_rule`");
    }
    if sockeye_rules::find(rule).is_some() {
        return fail(&format!("there is a rule `{rule}` already"));
    }
    match Plan::of(phase, rule) {
        Some(plan) => match plan.write(&root) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => fail(&format!("the files could not be written: {error}")),
        },
        None => fail(&format!("there is no phase `{phase}`: signature, lifecycle, axum, startup, run")),
    }
}

fn fail(why: &str) -> ExitCode {
    eprintln!("error: {why}");
    ExitCode::from(2)
}

/// What is to be written.
struct Plan {
    lines: Vec<Line>,
    files: Vec<(String, String)>,
}

/// What is written at the end of a block of a table.
struct Line {
    file: &'static str,
    /// A part of the block's first line.
    block: &'static str,
    /// The block's last line.
    end: &'static str,
    text: String,
}

impl Plan {
    fn of(phase: &str, rule: &str) -> Option<Self> {
        let constant = rule.to_uppercase();
        let table = |block, line| Line { file: TABLE, block, end: "        }", text: line };
        let page = (format!("rules/src/{phase}/{rule}.md"), page(phase, rule));
        let checked = |block, line| (table(block, format!("            {line}")), page.clone());
        Some(match phase {
            "signature" => {
                let (line, page) = checked("Signature in mod", format!("mod {rule}: {constant} Forbid,"));
                let check = check(&constant, "syntax::{Endpoint, Sink}", "endpoint: &Endpoint");
                Self::new(
                    [line],
                    [page, (format!("rules/src/signature/{rule}.rs"), check)],
                    fixtures("fail", rule),
                )
            }
            "lifecycle" => {
                let (line, page) = checked("Lifecycle in mod", format!("mod {rule}: {constant} Warn,"));
                let check = check(&constant, "flow::Flow, syntax::Sink", "flow: &Flow<'_>");
                Self::new(
                    [line],
                    [page, (format!("rules/src/lifecycle/{rule}.rs"), check)],
                    fixtures("warn", rule),
                )
            }
            "axum" => {
                let (line, page) = checked("Axum in mod", format!("mod {rule}: {constant} Warn,"));
                let check = check(&constant, "flow::Flow, syntax::Sink", "flow: &Flow<'_>");
                Self::new([line], [page, (format!("rules/src/axum/{rule}.rs"), check)], [])
            }
            "startup" => {
                let (line, page) =
                    checked("Startup in \"startup\"", format!("{constant} \"{rule}\" Forbid,"));
                let check = Line {
                    file: "runtime/src/startup/mod.rs",
                    block: "    CHECKS {",
                    end: "    }",
                    text: format!("        mod {rule}: {constant},"),
                };
                let files = [page, (format!("runtime/src/startup/{rule}.rs"), startup_check(&constant))];
                let test = Line {
                    file: "tests/startup/main.rs",
                    block: "mod all_at_once;",
                    end: "",
                    text: format!("mod {rule};"),
                };
                Self::new(
                    [line, check, test],
                    files,
                    [(format!("tests/startup/{rule}.rs"), startup_test(rule))],
                )
            }
            "run" => {
                let (line, page) = checked("Run in \"run\"", format!("{constant} \"{rule}\" Event(Warn),"));
                Self::new([line], [page], [])
            }
            _ => return None,
        })
    }

    fn new(
        lines: impl Into<Vec<Line>>,
        files: impl Into<Vec<(String, String)>>,
        tests: impl IntoIterator<Item = (String, String)>,
    ) -> Self {
        let mut files = files.into();
        files.extend(tests);
        Self { lines: lines.into(), files }
    }

    fn write(&self, root: &Path) -> io::Result<()> {
        for line in &self.lines {
            let path = root.join(line.file);
            fs::write(&path, line.put_into(&fs::read_to_string(&path)?)?)?;
            println!("{}: {}", line.file, line.text.trim());
        }
        for (file, text) in &self.files {
            // What is there is never written over.
            io::Write::write_all(&mut fs::File::create_new(root.join(file))?, text.as_bytes())?;
            println!("{file}");
        }
        println!("CONTRIBUTING.md, \"Add a rule\", says what to write into them");
        Ok(())
    }
}

impl Line {
    fn put_into(&self, text: &str) -> io::Result<String> {
        let mut lines: Vec<_> = text.lines().collect();
        let begin = lines.iter().position(|line| line.contains(self.block));
        let end = begin.and_then(|begin| {
            let length = lines[begin..].iter().position(|line| *line == self.end)?;
            Some(begin + length)
        });
        let end = end
            .ok_or_else(|| io::Error::other(format!("{} has no block `{}`", self.file, self.block.trim())))?;
        lines.insert(end, &self.text);
        Ok(lines.join("\n") + "\n")
    }
}

fn check(constant: &str, names: &str, subject: &str) -> String {
    format!(
        "use crate::{{{constant}, {names}}};

pub(crate) fn check({subject}, sink: &mut Sink) {{
    compile_error!(\"find the tokens that are wrong, and report {constant} there: one message, and what to write instead\");
}}
"
    )
}

fn startup_check(constant: &str) -> String {
    format!(
        "use sockeye_rules::{constant};

use super::{{Context, Problem}};

pub(super) fn check(context: &Context, problems: &mut Vec<Problem>) {{
    compile_error!(\"push a `Problem::new(&{constant}, ..)` with its place and its help for each thing that is wrong\");
}}
"
    )
}

fn startup_test(rule: &str) -> String {
    format!(
        "use super::report;

#[tokio::test]
async fn what_is_wrong_is_reported() {{
    compile_error!(\"build a server that breaks {rule}, compare its report with a snapshot, and check a right one\");
    insta::assert_snapshot!(report(server()).await);
}}
"
    )
}

fn fixtures(folder: &str, rule: &str) -> [(String, String); 2] {
    let fixture = |folder: &str, what: &str| {
        let text = format!("compile_error!(\"write endpoints that {what} {rule}\");\n\nfn main() {{}}\n");
        (format!("tests/ui/{folder}/{rule}.rs"), text)
    };
    [fixture(folder, "break"), fixture("pass", "come close to breaking, and do not break,")]
}

/// The headings that `tests/pages.rs` and `tests/rules.rs` look for.
fn page(phase: &str, rule: &str) -> String {
    let headings: &[&str] = match phase {
        "run" => &["What the client sees", "What the log says", "Why", "What to do"],
        _ => &["Why", "Bad", "Good", "How to allow"],
    };
    let sections: Vec<_> = headings.iter().map(|heading| format!("\n## {heading}\n")).collect();
    format!("# {rule}\n{}", sections.concat())
}
