//! A suite as TOML that reads back as the same suite, every choice in force written out.

use std::collections::BTreeMap;
use std::fmt;

use tare_units::Nanoseconds;

use super::Suite;

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "name = {}", quoted(&self.name))?;
        writeln!(f, "summary = {}", quoted(&self.summary))?;
        list(f, "models", self.models.iter().map(|name| quoted(name)))?;
        list(f, "adapters", self.adapters.iter().map(|name| quoted(name)))?;
        let scenarios = self.scenarios.iter();
        list(
            f,
            "scenarios",
            scenarios.map(|scenario| quoted(&scenario.to_string())),
        )?;
        list(f, "batches", self.batches.iter().map(u64::to_string))?;
        list(f, "shapes", self.shapes.iter().map(map))?;
        list(
            f,
            "precisions",
            self.precisions.iter().map(|name| quoted(name)),
        )?;
        list(f, "devices", self.devices.iter().map(|name| quoted(name)))?;
        list(f, "threads", self.threads.iter().map(u64::to_string))?;
        writeln!(f, "repeats = {}", self.repeats)?;
        writeln!(f, "duration = {}", quoted(&exact(self.duration)))?;
        writeln!(f, "max_requests = {}", self.max_requests)
    }
}

/// An empty list is a choice left open and is not written.
fn list(f: &mut fmt::Formatter<'_>, key: &str, items: impl Iterator<Item = String>) -> fmt::Result {
    let items: Vec<String> = items.collect();
    if items.is_empty() {
        return Ok(());
    }
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

/// In the largest unit that holds it as a whole number.
fn exact(duration: Nanoseconds) -> String {
    let nanos = duration.as_nanos();
    let units = [("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000)];
    let whole = units.iter().find(|(_, unit)| nanos.is_multiple_of(*unit));
    let (name, unit) = whole.unwrap_or(&("ns", 1));
    format!("{}{name}", nanos / unit)
}
