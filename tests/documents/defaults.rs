//! The guide's table of defaults: every limit has a row, with the figure that is in force.

use sockeye::Limits;

use crate::{read, rows};

/// The fields of [`Limits`] with their values, as `Debug` writes them: `send_timeout`, `10s`.
fn limits() -> Vec<(String, String)> {
    let debug = format!("{:?}", Limits::new());
    let fields = debug.split_once('{').expect("a struct").1.trim_end_matches('}');
    let fields = fields.split(", ").map(|field| field.split_once(": ").expect("a field"));
    fields.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

/// How the page writes a value; `None` where `Debug` shows that there is none, and the server works it out.
fn written(name: &str, value: &str) -> Option<String> {
    match value.parse::<usize>() {
        Ok(0) => None,
        Ok(bytes) if name.ends_with("_size") => Some(format!("{} KiB", bytes / 1024)),
        Ok(number) if number >= 1000 => Some(format!("{},{:03}", number / 1000, number % 1000)),
        Ok(number) => Some(number.to_string()),
        Err(_) => value.strip_suffix('s').map(|seconds| format!("{seconds} s")),
    }
}

#[test]
fn every_limit_has_a_row_with_its_figure() {
    let page = read("runtime/docs/limits_and_defaults.md");
    let rows = rows(&page, "| what | default | change it with |");
    let limits = limits();
    assert!(limits.len() > 10, "{limits:?}");
    let mut figures = 0;
    for (name, value) in limits {
        let says = format!("`Limits::{name}`");
        let row = rows.iter().find(|row| row[2].contains(&says));
        let row = row.unwrap_or_else(|| panic!("runtime/docs/limits_and_defaults.md has no row with {says}"));
        if let Some(figure) = written(&name, &value) {
            assert_eq!(row[1], figure, "the default of {says}");
            figures += 1;
        }
    }
    assert!(figures > 5, "{figures} figures were compared");
}

/// Which of two wins is nothing that anyone should have to try out.
#[test]
fn every_setting_of_a_server_says_what_a_second_call_does() {
    let source = read("runtime/src/server/mod.rs");
    let settings: Vec<_> = source.split("\n\n").filter(|item| is_setting(item)).collect();
    assert!(settings.len() > 15, "{}", settings.len());
    for setting in settings {
        let docs: Vec<_> = setting.lines().filter_map(|line| line.trim().strip_prefix("/// ")).collect();
        let docs = docs.join(" ");
        let told = ["adds", "replaces", "with the same type replaces"];
        assert!(told.iter().any(|told| docs.contains(&format!("second call {told}"))), "{setting}");
    }
}

fn is_setting(item: &str) -> bool {
    let signature = item.lines().find(|line| line.trim().starts_with("pub fn "));
    signature.is_some_and(|line| !line.contains("new()")) && item.contains("self") && item.contains("-> Self")
}
