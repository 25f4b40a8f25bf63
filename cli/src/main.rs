//! `tare`, the scale for inference frameworks: arguments in, exit code out.
#![forbid(unsafe_code)]

mod arguments;
mod commands;
mod exit;
mod model_source;
mod progress;
mod stop;
mod terminal;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Command};
use exit::{Exit, Failed};

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    match dispatch(arguments) {
        Ok(exit) => exit.into(),
        Err(failed) => {
            failed.print();
            failed.exit().into()
        }
    }
}

fn dispatch(arguments: Arguments) -> Result<Exit, Failed> {
    let store = arguments.store.as_deref();
    match arguments.command.unwrap_or_default() {
        Command::Run(options) => commands::run::run(store, *options),
        Command::Gate(options) => commands::gate::run(store, &options),
        Command::Model(command) => commands::model::run(command),
        Command::Adapter(command) => commands::adapter::run(&command),
        Command::Runtime(command) => commands::runtime::run(command),
        Command::Scenario(command) => commands::scenario::run(&command),
        Command::Suite(command) => commands::suite::run(&command),
        Command::Machine(command) => commands::machine::run(&command),
        Command::Show(options) => commands::show::show(store, &options),
        Command::Compare(options) => commands::compare::compare(store, &options),
        Command::Report(options) => commands::report::report(store, &options),
        Command::Export(options) => commands::show::export(store, &options),
        Command::Schema { of } => commands::schema::run(of),
        Command::Worker => commands::worker::run(),
        Command::Guard => commands::guard::run(),
        Command::Probe { gpu } => commands::probe::run(gpu),
    }
}
