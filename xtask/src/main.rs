//! `cargo xtask ci` runs every check of this repository; each check also runs alone by its name.
#![forbid(unsafe_code)]

mod driver;
mod fetch;
mod libtorch;
mod python;
mod steps;
mod tidy;
mod tools;
mod workspace;

use std::process::ExitCode;

use driver::Request;
use workspace::Workspace;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match driver::parse(&arguments) {
        Ok(Request::Help) => {
            print!("{}", driver::help());
            ExitCode::SUCCESS
        }
        Ok(Request::Run { steps, keep_going }) => execute(&steps, keep_going),
        Err(error) => {
            eprintln!("error: {error}\n\n{}", driver::help());
            ExitCode::from(2)
        }
    }
}

fn execute(steps: &[&steps::Step], keep_going: bool) -> ExitCode {
    let outcome = Workspace::locate().map(|workspace| driver::run(&workspace, steps, keep_going));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
