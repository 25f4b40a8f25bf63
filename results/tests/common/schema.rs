//! As much of a JSON Schema validator as the schemas of this project use; a keyword that it does not know is a violation.

use serde_json::Value;

const NOTES: [&str; 6] = [
    "$schema",
    "$defs",
    "title",
    "description",
    "format",
    "default",
];

/// What in `value` goes against `schema`, a line each with its place.
pub fn violations(schema: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    visit(schema, schema, value, "", &mut found);
    found
}

fn visit(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let Some(keywords) = schema.as_object() else {
        if schema == &Value::Bool(false) {
            found.push(format!("{at}: nothing is allowed here"));
        }
        return;
    };
    for (keyword, rule) in keywords {
        match keyword.as_str() {
            note if NOTES.contains(&note) => {}
            "$ref" | "items" | "properties" | "additionalProperties" => {
                for (at, rule, value) in parts(root, schema, keyword, value, at) {
                    visit(root, rule, value, &at, found);
                }
            }
            keyword if holds(root, keyword, rule, value) => {}
            _ => found.push(format!("{at}: {keyword} {rule} against {value}")),
        }
    }
}

/// Which part of `value` must keep to which schema.
fn parts<'a>(
    root: &'a Value,
    schema: &'a Value,
    keyword: &str,
    value: &'a Value,
    at: &str,
) -> Vec<(String, &'a Value, &'a Value)> {
    let rule = &schema[keyword];
    let place = |key: &dyn std::fmt::Display| format!("{at}/{key}");
    let fields = value.as_object().into_iter().flatten();
    let named = |key: &str| schema.get("properties").and_then(|named| named.get(key));
    match keyword {
        "$ref" => {
            let target = root.pointer(text(rule).trim_start_matches('#'));
            vec![(at.to_owned(), target.expect("a definition"), value)]
        }
        "items" => {
            let items = value.as_array().into_iter().flatten().enumerate();
            items
                .map(|(index, item)| (place(&index), rule, item))
                .collect()
        }
        "properties" => fields
            .filter_map(|(key, value)| Some((place(key), named(key)?, value)))
            .collect(),
        _ => fields
            .filter(|(key, _)| named(key).is_none())
            .map(|(key, value)| (place(key), rule, value))
            .collect(),
    }
}

fn holds(root: &Value, keyword: &str, rule: &Value, value: &Value) -> bool {
    let keeps_to = |rule: &&Value| {
        let mut found = Vec::new();
        visit(root, rule, value, "", &mut found);
        found.is_empty()
    };
    match keyword {
        "type" if rule.is_array() => list(rule).iter().any(|kind| is_a(kind, value)),
        "type" => is_a(rule, value),
        "const" => rule == value,
        "enum" => list(rule).contains(value),
        "minimum" => value.as_f64().is_none_or(|v| Some(v) >= rule.as_f64()),
        "maximum" => value.as_f64().is_none_or(|v| Some(v) <= rule.as_f64()),
        "required" => list(rule)
            .iter()
            .all(|key| value.as_object().is_none_or(|o| o.contains_key(text(key)))),
        "anyOf" => list(rule).iter().any(|rule| keeps_to(&rule)),
        "oneOf" => list(rule).iter().filter(keeps_to).count() == 1,
        _ => false,
    }
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match text(kind) {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        other => panic!("'{other}' is no type of JSON Schema"),
    }
}

fn list(rule: &Value) -> &[Value] {
    rule.as_array().expect("a list")
}

fn text(rule: &Value) -> &str {
    rule.as_str().expect("a text")
}
