//! A JSON schema of protocols, from the same declarations: editors complete and check with it.

use pentatwin_units::{Kind, Parameter, Section};
use serde_json::{Map, Value, json};

use super::read::Heading;
use super::show::status;
use super::steps::Step;
use super::{Protocol, shipped_names};

/// JSON schema (draft 2020-12) of a protocol file.
pub fn schema() -> Value {
    let protocol = Protocol::default();
    let mut properties = properties(Heading::PARAMETERS);
    for (name, section) in protocol.sections() {
        insert(&mut properties, name, object(section));
    }
    let steps: Vec<Value> = Step::WORDS.iter().filter_map(|word| Some(step(&Step::of(word)?))).collect();
    properties.insert(
        "step".to_owned(),
        json!({ "type": "array", "minItems": 1, "description": "What is done, in order", "items": { "oneOf": steps } }),
    );
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "pentatwin protocol",
        "description": format!("What is done to which device. Protocols that ship: {}.", shipped_names().collect::<Vec<_>>().join(", ")),
        "type": "object",
        "properties": properties,
        "required": ["step"],
        "additionalProperties": false,
    })
}

/// Puts the schema of a section such as `contact.1` into the object of its parent.
fn insert(properties: &mut Map<String, Value>, name: &str, schema: Value) {
    let Some((parent, child)) = name.split_once('.') else {
        properties.insert(name.to_owned(), schema);
        return;
    };
    let empty = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let parent = properties.entry(parent).or_insert_with(empty);
    if let Some(inner) = parent.get_mut("properties").and_then(Value::as_object_mut) {
        insert(inner, child, schema);
    }
}

fn step(step: &Step) -> Value {
    let table = object(step.section());
    let word = step.word();
    let bare = Step::bare_key(word).and_then(|name| step.section().parameters().iter().find(|p| p.name == name));
    let value = match bare {
        Some(parameter) => json!({ "anyOf": [property(parameter), table] }),
        None => table,
    };
    json!({ "type": "object", "properties": { word: value }, "required": [word], "additionalProperties": false })
}

fn object(section: &dyn Section) -> Value {
    json!({ "type": "object", "properties": properties(section.parameters()), "additionalProperties": false })
}

fn properties(parameters: &[Parameter]) -> Map<String, Value> {
    parameters.iter().map(|p| (p.name.to_owned(), property(p))).collect()
}

fn property(p: &Parameter) -> Value {
    let mut schema = Map::new();
    let quantity = |unit: &str| match unit {
        "" | "1" | "%" => json!({ "type": ["string", "number"] }),
        _ => json!({ "type": "string" }),
    };
    match p.kind {
        Kind::Quantity(unit) => schema.extend(as_map(quantity(unit))),
        Kind::Quantities(unit) => {
            schema.insert("anyOf".to_owned(), json!([quantity(unit), { "type": "array", "minItems": 1, "items": quantity(unit) }]));
        }
        Kind::Count => {
            schema.insert("type".to_owned(), json!("integer"));
            let bound = |text: &str| text.parse::<u64>().ok().map(Value::from);
            let (low, high) = p.limits.unwrap_or(("0", ""));
            schema.extend(bound(low).map(|v| ("minimum".to_owned(), v)));
            schema.extend(bound(high).map(|v| ("maximum".to_owned(), v)));
        }
        Kind::Flag => {
            schema.insert("type".to_owned(), json!("boolean"));
        }
        Kind::Choice(words) => {
            schema.insert("enum".to_owned(), json!(words));
        }
        Kind::Text => {
            schema.insert("type".to_owned(), json!("string"));
        }
    }
    schema.insert("default".to_owned(), default(p));
    schema.insert("description".to_owned(), json!(description(p)));
    Value::Object(schema)
}

fn as_map(value: Value) -> Map<String, Value> {
    if let Value::Object(map) = value { map } else { Map::new() }
}

fn default(p: &Parameter) -> Value {
    match p.kind {
        Kind::Count => p.default.parse::<u64>().map_or(Value::Null, Value::from),
        Kind::Flag => json!(p.default == "true"),
        _ => json!(p.default),
    }
}

/// Meaning, unit, limits, plausible range, status and source, as one text that an editor shows.
fn description(p: &Parameter) -> String {
    let mut text = p.meaning.to_owned();
    match p.kind {
        Kind::Quantity(unit) | Kind::Quantities(unit) if !unit.is_empty() && unit != "1" => text += &format!(" [{unit}]"),
        _ => {}
    }
    if let Some((low, high)) = p.limits {
        text += &format!(". Possible: {low} to {high}");
    }
    if let Some((low, high)) = p.range {
        text += &format!(". Plausible: {low} to {high}");
    }
    text += &format!(". Default: {}", status(p.status));
    if !p.source.is_empty() {
        text += &format!(", {}", p.source);
    }
    text
}
