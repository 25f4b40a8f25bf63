//! Writes a zoo model to a file: `make_zoo NAME -o FILE [--hollow]`.

use std::error::Error;
use std::path::Path;

use tare_models::zoo::{self, Form};

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (name, path, hollow) = match words[..] {
        [name, "-o", path] => (name, path, false),
        [name, "-o", path, "--hollow"] => (name, path, true),
        _ => return Err("use make_zoo NAME -o FILE [--hollow]".into()),
    };
    let architecture = zoo::find(name)?;
    let form = if hollow {
        architecture.twin()
    } else {
        Form::Full
    };
    Ok(zoo::write(&architecture.build(0, form), Path::new(path))?)
}
