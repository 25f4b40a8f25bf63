//! A suite as TOML that reads back as the same suite, every choice in force written out.

use std::collections::BTreeMap;
use std::fmt;

use super::{Choices, Experiment, Quick, Suite, WhenAbsent};
use crate::written;

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name = {}", quoted(&self.name))?;
        writeln!(f, "summary = {}", quoted(&self.summary))?;
        let absent = match self.absent {
            WhenAbsent::Refuse => "refuse",
            WhenAbsent::LeaveOut => "leave out",
        };
        writeln!(f, "absent = {}", quoted(absent))?;
        write_choices(f, &self.choices)?;
        writeln!(f, "repeats = {}", self.repeats)?;
        writeln!(f, "duration = {}", quoted(&written::time(self.duration)))?;
        writeln!(f, "max_requests = {}", self.max_requests)?;
        if let Some(quick) = &self.quick {
            write_quick(f, quick)?;
        }
        self.experiments
            .iter()
            .try_for_each(|experiment| write_experiment(f, experiment))
    }
}

fn write_quick(f: &mut fmt::Formatter<'_>, quick: &Quick) -> fmt::Result {
    writeln!(f, "\n[quick]")?;
    write_choices(f, &quick.choices)?;
    if let Some(repeats) = quick.repeats {
        writeln!(f, "repeats = {repeats}")?;
    }
    if let Some(duration) = quick.duration {
        writeln!(f, "duration = {}", quoted(&written::time(duration)))?;
    }
    if let Some(max_requests) = quick.max_requests {
        writeln!(f, "max_requests = {max_requests}")?;
    }
    Ok(())
}

fn write_experiment(f: &mut fmt::Formatter<'_>, experiment: &Experiment) -> fmt::Result {
    writeln!(f, "\n[[experiment]]")?;
    writeln!(f, "name = {}", quoted(&experiment.name))?;
    writeln!(f, "summary = {}", quoted(&experiment.summary))?;
    write_choices(f, &experiment.choices)?;
    match &experiment.quick {
        None => Ok(()),
        Some(quick) => {
            writeln!(f, "\n[experiment.quick]")?;
            write_choices(f, quick)
        }
    }
}

fn write_choices(f: &mut fmt::Formatter<'_>, choices: &Choices) -> fmt::Result {
    list(f, "models", &choices.models, |name| quoted(name))?;
    list(f, "adapters", &choices.adapters, |name| quoted(name))?;
    let scenario = |scenario: &crate::ScenarioSpec| quoted(&scenario.to_string());
    list(f, "scenarios", &choices.scenarios, scenario)?;
    list(f, "batches", &choices.batches, u64::to_string)?;
    list(f, "shapes", &choices.shapes, map)?;
    list(f, "precisions", &choices.precisions, |name| quoted(name))?;
    list(f, "devices", &choices.devices, |name| quoted(name))?;
    list(f, "threads", &choices.threads, u64::to_string)
}

/// A choice that is left open is not written.
fn list<T>(
    f: &mut fmt::Formatter<'_>,
    key: &str,
    items: &Option<Vec<T>>,
    written: impl Fn(&T) -> String,
) -> fmt::Result {
    let Some(items) = items else {
        return Ok(());
    };
    let items: Vec<String> = items.iter().map(written).collect();
    writeln!(f, "{key} = [{}]", items.join(", "))
}

fn map(sizes: &BTreeMap<String, u64>) -> String {
    let pair = |(symbol, size): (&String, &u64)| format!("{} = {size}", key(symbol));
    let pairs: Vec<String> = sizes.iter().map(pair).collect();
    match pairs.is_empty() {
        true => "{}".to_owned(),
        false => format!("{{ {} }}", pairs.join(", ")),
    }
}

fn key(symbol: &str) -> String {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
    match !symbol.is_empty() && symbol.bytes().all(is_bare) {
        true => symbol.to_owned(),
        false => quoted(symbol),
    }
}

fn quoted(text: &str) -> String {
    let escape = |character: char| match character {
        '"' | '\\' => format!("\\{character}"),
        _ if character.is_control() => format!("\\u{:04X}", u32::from(character)),
        _ => character.to_string(),
    };
    format!("\"{}\"", text.chars().map(escape).collect::<String>())
}
