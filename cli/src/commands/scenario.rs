//! `tare scenario`: how requests arrive, in words.

use tare_scenarios::{DescribedOption, Description, describe, described};

use super::print;
use crate::arguments::ScenarioCommand;
use crate::exit::{Exit, Failed};

/// Lists the scenarios, or tells one with its options.
///
/// # Errors
/// Where there is no such scenario.
pub fn run(command: &ScenarioCommand) -> Result<Exit, Failed> {
    match command {
        ScenarioCommand::List => print(&listed(&describe())),
        ScenarioCommand::Show { scenario } => {
            let scenario = described(scenario).map_err(Failed::input)?;
            print(&told(&scenario))
        }
    }
}

fn listed(scenarios: &[Description]) -> String {
    let line = |scenario: &Description| format!("{:14} {}\n", scenario.name, scenario.summary);
    scenarios.iter().map(line).collect()
}

fn told(scenario: &Description) -> String {
    let Description {
        name,
        summary,
        example,
        options,
    } = scenario;
    let width = options.iter().map(|option| written(option).len()).max();
    let width = width.unwrap_or(0);
    let line =
        |option: &DescribedOption| format!("{:width$}  {}\n", written(option), option.meaning);
    let options: String = options.iter().map(line).collect();
    format!("{name}: {summary}\n\ntare run --scenario '{example}'\n\n{options}")
}

/// With the value that holds where none is given, else the key alone.
fn written(option: &DescribedOption) -> String {
    match &option.default {
        Some(default) => format!("{}={default}", option.name),
        None => option.name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scenario_has_a_line_of_the_list() {
        let list = listed(&describe());
        assert_eq!(list.lines().count(), describe().len());
        for name in ["single-stream", "random-batch", "server", "closed"] {
            let begins = |line: &str| line.split(' ').next() == Some(name);
            assert!(list.lines().any(begins), "{name} in {list}");
        }
    }

    #[test]
    fn a_scenario_is_told_with_an_example_and_its_options_below_each_other() {
        let told = told(&described("closed").expect("exists"));
        assert!(told.starts_with("closed: closed loop of many clients"));
        assert!(told.contains("\n\ntare run --scenario 'closed:clients=4,think=exp:5ms'\n\n"));
        for line in [
            "\nclients         clients, each",
            "\nthink=0s        how long",
            "\nworkers=1       sessions",
        ] {
            assert!(told.contains(line), "{line:?} in {told}");
        }
    }
}
