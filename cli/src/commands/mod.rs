//! One file a command.

pub mod adapter;
pub mod compare;
pub mod gate;
pub mod guard;
pub mod machine;
pub mod model;
pub mod probe;
pub mod report;
pub mod run;
pub mod runtime;
pub mod scenario;
pub mod schema;
pub mod show;
pub mod suite;
pub mod worker;

use std::io::Write;
use std::path::Path;

use anyhow::Context;

use crate::exit::{Exit, Failed};

/// Writes `text` to standard output; a reader that went away early is no error.
///
/// # Errors
/// Where standard output cannot be written, such as on a full disk.
pub fn print(text: &str) -> Result<Exit, Failed> {
    print_bytes(text.as_bytes())
}

/// The same of what need not be text.
///
/// # Errors
/// As [`print()`].
pub fn print_bytes(bytes: &[u8]) -> Result<Exit, Failed> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(Failed::told(format!(
            "cannot write the result to standard output: {error}"
        ))),
        _ => Ok(Exit::Done),
    }
}

/// Writes `bytes` to the file that was asked for, else to standard output.
///
/// # Errors
/// Where the file cannot be written; else as [`print()`].
pub fn write_or_print(output: Option<&Path>, bytes: &[u8]) -> Result<Exit, Failed> {
    let Some(path) = output else {
        return print_bytes(bytes);
    };
    std::fs::write(path, bytes)
        .with_context(|| format!("cannot write {}", path.display()))
        .map(|()| Exit::Done)
        .map_err(Failed::input)
}

/// As much of a hash as tells it from others.
pub fn short(hash: &str) -> &str {
    hash.get(..12).unwrap_or(hash)
}

/// `value` as indented JSON with a line end.
///
/// # Errors
/// Where it has no JSON form.
pub fn json(value: &impl serde::Serialize) -> Result<String, Failed> {
    serde_json::to_string_pretty(value)
        .map(|text| uncommanding(&text) + "\n")
        .map_err(Failed::input)
}

/// The same JSON, in which no line holds `##[`, which CI systems take for a command; outside of strings it stands nowhere.
fn uncommanding(json: &str) -> String {
    json.replace("##[", "#\\u0023[")
}
