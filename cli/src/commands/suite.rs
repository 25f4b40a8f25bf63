//! `tare suite`: named matrices of cells.

use tare_scenarios::suite;

use super::print;
use super::run::load_suite;
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
        SuiteCommand::Show { suite } => print(&load_suite(suite)?.to_string()),
    }
}
