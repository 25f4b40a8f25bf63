//! Gates in the formats that people and CI systems read; whatever a name holds, it is only a name.

mod annotations;
mod junit;
mod markdown;
mod table;

use std::path::Path;

use super::super::json;
use super::told::All;
use crate::arguments::GateFormat;
use crate::exit::Failed;

pub use annotations::annotations;
pub use table::table;

/// The gates in `format`.
///
/// # Errors
/// Where a figure has no form in it.
pub fn render(all: &All, format: GateFormat) -> Result<String, Failed> {
    match format {
        GateFormat::Table => Ok(table(all)),
        GateFormat::Json => json(all),
        GateFormat::Junit => Ok(junit::junit(all)),
        GateFormat::Markdown => Ok(markdown::markdown(all)),
    }
}

/// What a file of this name holds.
pub fn format_of(path: &Path) -> GateFormat {
    match path.extension().and_then(|ending| ending.to_str()) {
        Some("json") => GateFormat::Json,
        Some("xml") => GateFormat::Junit,
        Some("md") => GateFormat::Markdown,
        _ => GateFormat::Table,
    }
}

#[cfg(test)]
mod tests;
