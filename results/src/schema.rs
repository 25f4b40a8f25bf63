//! The JSON Schemas of what is written, derived from the types that write it.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::json;

use crate::record::{RECORD_SCHEMA, Record};
use crate::run::{RUN_SCHEMA, Run};

/// Of a line of `cells.jsonl`.
pub fn record_schema() -> Schema {
    schema_of::<Record>(RECORD_SCHEMA)
}

/// Of `run.json`.
pub fn run_schema() -> Schema {
    schema_of::<Run>(RUN_SCHEMA)
}

/// Of what `T` serialises to (draft 2020-12), its key `schema` fixed to `name`.
pub fn schema_of<T: JsonSchema>(name: &str) -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    schema.insert("title".to_owned(), name.into());
    if let Some(field) = schema.pointer_mut("/properties/schema") {
        *field = json!({"description": "The format's name and version.", "const": name});
    }
    schema
}
