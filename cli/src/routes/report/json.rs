use serde_json::{Value, json};

use super::{Found, Report};

/// Version of the format: incremented when a field is removed or changes its meaning.
const VERSION: u32 = 1;

/// The endpoints, problems and dropped endpoints as one JSON document.
pub(in crate::routes) fn json(report: &Report<'_>) -> String {
    let all = |field: &str| -> Vec<Value> {
        let lists = report.documents.iter().filter_map(|document| document.raw[field].as_array());
        lists.flatten().cloned().collect()
    };
    let comparison = report.comparison;
    let document = json!({
        "version": VERSION,
        "ok": report.is_good(),
        "program": { "package": report.packages.package_name(report.root), "file": report.shown(report.main) },
        "endpoints": all("endpoints"),
        "problems": all("problems"),
        "warnings": all("warnings"),
        "dropped": comparison.dropped.iter().map(|one| dropped(report, one)).collect::<Vec<_>>(),
        "not_judged": {
            "conditional": comparison.conditional.iter().map(|one| conditional(report, one)).collect::<Vec<_>>(),
            "other_groups": comparison.elsewhere.iter().map(|one| found(report, one)).collect::<Vec<_>>(),
        },
    });
    format!("{document:#}\n")
}

fn found(report: &Report<'_>, found: &Found) -> Value {
    json!({
        "name": found.name,
        "module": found.module,
        "route": found.route,
        "group": found.group,
        "file": report.shown(&found.file),
        "line": found.line,
    })
}

fn dropped(report: &Report<'_>, one: &Found) -> Value {
    let mut value = found(report, one);
    value["rule"] = "missing_endpoint".into();
    value["help"] = report.help(one).into();
    value
}

fn conditional(report: &Report<'_>, one: &Found) -> Value {
    let mut value = found(report, one);
    value["conditions"] = one.conditions.clone().into();
    value
}
