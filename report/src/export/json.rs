//! A JSON array of summaries.

use super::{ExportError, Exporter};
use crate::summary::Summary;

/// `json`.
pub struct Json;

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn export(&self, summaries: &[Summary]) -> Result<Vec<u8>, ExportError> {
        let mut text = serde_json::to_vec_pretty(summaries)
            .map_err(|error| ExportError::write("JSON", error))?;
        text.push(b'\n');
        Ok(text)
    }
}
