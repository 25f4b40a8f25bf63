//! Writes a zoo model to a file: `make_zoo NAME -o FILE [--hollow]`.

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

use tare_models::zoo::{self, Form};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match run(&words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let (name, path, hollow) = match *words {
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
    zoo::write(&architecture.build(0, form), Path::new(path))?;
    Ok(())
}
