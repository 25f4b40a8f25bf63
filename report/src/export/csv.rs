//! A row a summary, the same columns always: the dotted paths, with maps and lists as JSON and nothing for `null`.
//!
//! Of a profile and of fidelity, the lists by operator, by kernel and by output are left to JSON.

mod columns;

use serde_json::Value;

use super::{ExportError, Exporter};
use crate::summary::Summary;
use columns::columns;

/// `csv`.
pub struct Csv;

impl Exporter for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn export(&self, summaries: &[Summary]) -> Result<Vec<u8>, ExportError> {
        let failed = |reason: &dyn std::fmt::Display| ExportError::write("CSV", reason);
        let columns = columns();
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(&columns).map_err(|e| failed(&e))?;
        for summary in summaries {
            let value = serde_json::to_value(summary).map_err(|e| failed(&e))?;
            let cells = columns.iter().map(|path| cell(&value, path));
            writer.write_record(cells).map_err(|e| failed(&e))?;
        }
        writer.into_inner().map_err(|e| failed(&e))
    }
}

fn cell(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |value, key| value.get(key));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}
