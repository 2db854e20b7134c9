//! Types that refer to themselves without a field in between, which TypeScript refuses: `type Word = string | Word`.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::schema::referred;

type All<'a> = BTreeMap<&'a str, &'a Value>;

/// The schema of this name, in which no choice leads back to it: such a choice adds no value.
pub(super) fn unfolded(name: &str, all: &All<'_>) -> Value {
    unfold(all[name], all, &mut vec![name.to_owned()])
}

/// With the schemas in place of references, as far as they lead back to the first of these names.
fn unfold(schema: &Value, all: &All<'_>, names: &mut Vec<String>) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(referred) {
        if names.contains(&name) {
            return Value::Bool(false);
        }
        let Some(target) = all.get(&*name).filter(|_| leads_to(&name, &names[0], all)) else {
            return schema.clone();
        };
        names.push(name);
        let unfolded = unfold(target, all, names);
        names.pop();
        return unfolded;
    }
    let mut schema = schema.clone();
    for part in PARTS {
        for one in schema.get_mut(part).and_then(Value::as_array_mut).into_iter().flatten() {
            *one = unfold(one, all, names);
        }
    }
    schema
}

/// The lists of schemas that are types beside each other, and not within a field or an array.
const PARTS: [&str; 3] = ["oneOf", "anyOf", "allOf"];

fn leads_to(from: &str, to: &str, all: &All<'_>) -> bool {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
    while let Some(name) = next.pop() {
        if name == to {
            return true;
        }
        if let Some(schema) = all.get(&*name)
            && seen.insert(name)
        {
            references(schema, &mut next);
        }
    }
    false
}

/// The names of the types that are parts of this one.
fn references(schema: &Value, names: &mut Vec<String>) {
    names.extend(schema["$ref"].as_str().and_then(referred));
    for one in PARTS.iter().filter_map(|part| schema[part].as_array()).flatten() {
        references(one, names);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn to(name: &str) -> Value {
        json!({ "$ref": format!("#/components/schemas/{name}") })
    }

    fn unfold_in(all: &Value, name: &str) -> Value {
        let all = all.as_object().unwrap().iter().map(|(name, schema)| (name.as_str(), schema)).collect();
        unfolded(name, &all)
    }

    #[test]
    fn a_choice_that_leads_back_is_left_out() {
        let all = json!({ "Word": { "anyOf": [{ "type": "string" }, to("Word")] } });
        assert_eq!(unfold_in(&all, "Word"), json!({ "anyOf": [{ "type": "string" }, false] }));
        let all = json!({
            "Word": { "anyOf": [{ "type": "string" }, to("Boxed"), to("Other")] },
            "Boxed": to("Word"),
            "Other": { "type": "null" },
        });
        assert_eq!(unfold_in(&all, "Word"), json!({ "anyOf": [{ "type": "string" }, false, to("Other")] }));
        assert_eq!(unfold_in(&all, "Boxed"), json!({ "anyOf": [{ "type": "string" }, false, to("Other")] }));
        assert_eq!(unfold_in(&all, "Other"), json!({ "type": "null" }));
    }

    #[test]
    fn what_is_in_a_field_stays() {
        let all = json!({ "Tree": { "type": "object", "properties": { "left": to("Tree") } } });
        assert_eq!(unfold_in(&all, "Tree"), all["Tree"]);
    }
}
