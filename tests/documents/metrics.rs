//! The dashboard and the alerts beside the example of metrics name metrics that exist, and the dashboard shows all of them.

use std::collections::BTreeSet;

use crate::read;

/// Every word that is the name of a metric.
fn named(text: &str) -> BTreeSet<&str> {
    let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
    words.filter(|word| word.starts_with("sockeye_")).map(series).collect()
}

/// The metric of a series: a histogram has several.
fn series(name: &str) -> &str {
    ["_bucket", "_count", "_sum"].iter().find_map(|end| name.strip_suffix(end)).unwrap_or(name)
}

fn table() -> BTreeSet<String> {
    let page = read("runtime/src/metrics/names.md");
    let rows = page.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    rows.map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn the_dashboard_shows_every_metric() {
    let file = read("examples/metrics/grafana.json");
    let dashboard: serde_json::Value = serde_json::from_str(&file).expect("JSON");
    assert!(dashboard["panels"].as_array().is_some_and(|panels| panels.len() > 10));
    let table = table();
    assert!(table.len() > 15, "{table:?}");
    assert_eq!(named(&file), table.iter().map(String::as_str).collect());
}

#[test]
fn the_alerts_are_about_metrics_and_rules_that_exist() {
    let file = read("examples/metrics/alerts.yml");
    let (table, named) = (table(), named(&file));
    let unknown: Vec<_> = named.iter().filter(|name| !table.contains(**name)).collect();
    assert!(unknown.is_empty() && named.len() > 5, "{unknown:?} of {named:?}");
    let selectors = file.split("rule=").skip(1);
    let rules = selectors.filter_map(|rest| rest.split('"').nth(1)).flat_map(|rules| rules.split('|'));
    let rules: BTreeSet<_> = rules.collect();
    assert!(rules.len() > 3, "{rules:?}");
    for rule in rules {
        assert!(sockeye_rules::find(rule).is_some(), "{rule} is no rule");
    }
}
