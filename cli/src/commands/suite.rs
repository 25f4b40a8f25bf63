//! `tare suite`: named matrices of cells.

mod check;

use std::path::Path;

use tare_scenarios::suite;

use super::{print, worker};
pub use check::Source;

use crate::arguments::SuiteCommand;
use crate::exit::{Exit, Failed};

/// Lists the suites, or prints one.
///
/// # Errors
/// Where there is no such suite.
pub fn run(command: &SuiteCommand) -> Result<Exit, Failed> {
    match command {
        SuiteCommand::List => print(
            &suite::list()
                .map_err(Failed::input)?
                .iter()
                .map(|suite| format!("{:14} {}\n", suite.name, suite.summary))
                .collect::<String>(),
        ),
        SuiteCommand::Show { suite } => {
            let source = load(suite)?;
            worker::with_desk(|desk| source.check(desk).map_err(Failed::input))?;
            print(&source.suite.to_string())
        }
    }
}

/// The suite of this name, else the one in this file; the names in it are not checked yet.
///
/// # Errors
/// Where there is neither, or the file is wrong.
pub fn load(named: &str) -> Result<Source, Failed> {
    let (text, origin) = match suite::text(named) {
        Some(text) => (text.to_owned(), format!("suites/{named}.toml")),
        None => (of_file(named)?, named.to_owned()),
    };
    let (suite, places) = suite::read_placed(&text, &origin).map_err(Failed::input)?;
    Ok(Source { suite, places })
}

fn of_file(named: &str) -> Result<String, Failed> {
    let path = Path::new(named);
    if !path.exists()
        && !named.ends_with(".toml")
        && let Err(unknown) = suite::find(named)
    {
        return Err(Failed::input(unknown));
    }
    std::fs::read_to_string(path).map_err(|error| {
        Failed::told(format!(
            "cannot read the suite {named}: {error}; give a TOML file, or a name from tare suite list"
        ))
    })
}
