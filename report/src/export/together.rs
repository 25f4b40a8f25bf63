//! What only several cells say, for programs: laws, knees and correlations as JSON.

use serde::Serialize;

use super::ExportError;
use crate::analysis::Analysis;

/// The name and version of this format.
const SCHEMA: &str = "tare.analysis/1";

#[derive(Serialize)]
struct Document<'a> {
    schema: &'static str,
    #[serde(flatten)]
    analysis: &'a Analysis,
}

/// The whole analysis as a JSON object, `tare.analysis/1`; ends in a line break.
///
/// # Errors
/// Where a number in it is none.
pub fn analysis_json(analysis: &Analysis) -> Result<Vec<u8>, ExportError> {
    let document = Document {
        schema: SCHEMA,
        analysis,
    };
    let mut text =
        serde_json::to_vec_pretty(&document).map_err(|error| ExportError::write("JSON", error))?;
    text.push(b'\n');
    Ok(text)
}
