//! The facts of a machine as lines for a person.

use tare_results::{Cache, Machine};
use tare_units::Bytes;

const LABEL: usize = 14;
const WIDTH: usize = 100;
const UNKNOWN: &str = "unknown";

/// One labelled line a fact, long ones continued under themselves, then what is not known and why.
pub fn render(machine: &Machine) -> String {
    let mut text = String::new();
    for (label, value) in facts(machine) {
        labelled(&mut text, LABEL, label, &value);
    }
    for (index, (path, reason)) in machine.missing.iter().enumerate() {
        let label = if index == 0 { "not known" } else { "" };
        labelled(&mut text, LABEL, label, &format!("{path}: {reason}"));
    }
    text
}

fn facts(machine: &Machine) -> Vec<(&'static str, String)> {
    let (cpu, environment) = (&machine.cpu, &machine.environment);
    let mut facts = vec![
        ("fingerprint", machine.fingerprint.clone()),
        ("processor", known(&cpu.model)),
        ("identity", identity(machine)),
        ("cores", cores(machine)),
        ("placement", placement(machine)),
        ("frequency", frequencies(machine)),
        ("caches", joined(cpu.caches.iter().map(cache), ", ")),
        ("extensions", joined(cpu.extensions.iter().cloned(), " ")),
        ("memory", memory(machine)),
    ];
    facts.extend(gpus(machine).into_iter().map(|gpu| ("GPU", gpu)));
    facts.extend([
        ("system", system(machine)),
        ("hypervisor", none(&environment.hypervisor)),
        ("container", none(&environment.container)),
        ("limits", limits(machine)),
        ("governor", governor(machine)),
        ("turbo", turbo(environment.turbo)),
        ("huge pages", known(&environment.transparent_huge_pages)),
        ("clock source", known(&environment.clock_source)),
    ]);
    facts
}

fn identity(machine: &Machine) -> String {
    let cpu = &machine.cpu;
    let (identity, microcode) = (known(&cpu.identity), known(&cpu.microcode));
    format!("{}, {identity}, microcode {microcode}", cpu.architecture)
}

fn cores(machine: &Machine) -> String {
    let cpu = &machine.cpu;
    [
        counted(cpu.cores, "core", "cores"),
        counted(cpu.sockets, "socket", "sockets"),
        counted(cpu.numa_nodes, "NUMA node", "NUMA nodes"),
        counted(cpu.logical_cpus, "processor online", "processors online"),
    ]
    .join(", ")
}

fn counted(count: Option<u64>, one: &str, many: &str) -> String {
    match count {
        Some(1) => format!("1 {one}"),
        Some(count) => format!("{count} {many}"),
        None => format!("{UNKNOWN} {many}"),
    }
}

/// Where this process may run and have its memory.
fn placement(machine: &Machine) -> String {
    let cpu = &machine.cpu;
    let smt = match cpu.smt {
        Some(true) => "SMT on",
        Some(false) => "SMT off",
        None => "SMT unknown",
    };
    [
        counted(cpu.allowed_cpus, "processor allowed", "processors allowed"),
        counted(cpu.allowed_cores, "core", "cores"),
        counted(cpu.allowed_numa_nodes, "node", "nodes"),
        counted(
            machine.memory.allowed_numa_nodes,
            "node of memory",
            "nodes of memory",
        ),
        counted(cpu.isolated_cpus, "isolated", "isolated"),
        smt.to_owned(),
    ]
    .join(", ")
}

fn frequencies(machine: &Machine) -> String {
    let cpu = &machine.cpu;
    let known: Vec<String> = [
        ("from", cpu.min_frequency_khz),
        ("base", cpu.base_frequency_khz),
        ("up to", cpu.max_frequency_khz),
        (
            "limited to",
            cpu.frequency_limit_khz
                .filter(|limit| Some(*limit) != cpu.max_frequency_khz),
        ),
    ]
    .into_iter()
    .filter_map(|(label, khz)| Some(format!("{label} {:.2} GHz", khz? as f64 / 1e6)))
    .collect();
    joined(known.into_iter(), ", ")
}

fn governor(machine: &Machine) -> String {
    let environment = &machine.environment;
    let with = |label: &str, value: &Option<String>| {
        value
            .as_ref()
            .map_or(String::new(), |value| format!(", {label} {value}"))
    };
    format!(
        "{}{}{}",
        known(&environment.governor),
        with("driver", &environment.frequency_driver),
        with("preference", &environment.energy_preference)
    )
}

fn turbo(turbo: Option<bool>) -> String {
    let words = turbo.map(|on| if on { "on" } else { "off" });
    words.unwrap_or(UNKNOWN).to_owned()
}

fn cache(cache: &Cache) -> String {
    let shared = match cache.shared_by {
        Some(count) if count > 1 => format!(" shared by {count}"),
        _ => String::new(),
    };
    format!(
        "L{} {} {}{shared}",
        cache.level, cache.kind, cache.size_bytes
    )
}

fn memory(machine: &Machine) -> String {
    let size = |bytes: Option<Bytes>| bytes.map_or(UNKNOWN.to_owned(), |bytes| bytes.to_string());
    let memory = &machine.memory;
    format!(
        "{}, swap {}",
        size(memory.total_bytes),
        size(memory.swap_bytes)
    )
}

fn gpus(machine: &Machine) -> Vec<String> {
    if machine.gpus.is_empty() {
        return vec!["none found".to_owned()];
    }
    let driver = |driver: &Option<String>| format!("driver {}", known(driver));
    let gpu = |gpu: &tare_results::Gpu| format!("{}, {}", gpu.name, driver(&gpu.driver));
    machine.gpus.iter().map(gpu).collect()
}

fn system(machine: &Machine) -> String {
    let os = &machine.os;
    let library = os.c_library.as_ref();
    format!(
        "{} {}, {}{}",
        os.name,
        known(&os.kernel),
        known(&os.distribution),
        library.map_or(String::new(), |library| format!(", {library}"))
    )
}

fn limits(machine: &Machine) -> String {
    let environment = &machine.environment;
    let cpu = environment
        .cpu_limit_millis
        .map(|millis| format!("{} processors", millis as f64 / 1e3));
    let memory = environment
        .memory_limit_bytes
        .map(|bytes| format!("{bytes} of memory"));
    let high = environment
        .memory_high_bytes
        .map(|bytes| format!("slowed down above {bytes}"));
    let tasks = environment
        .tasks_limit
        .map(|tasks| format!("{tasks} threads and processes"));
    let set: Vec<String> = [cpu, memory, high, tasks].into_iter().flatten().collect();
    if set.is_empty() {
        return "none set".to_owned();
    }
    set.join(", ")
}

fn known(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| UNKNOWN.to_owned())
}

fn none(value: &Option<String>) -> String {
    value.clone().unwrap_or_else(|| "none shows".to_owned())
}

fn joined(items: impl Iterator<Item = String>, separator: &str) -> String {
    let text = items.collect::<Vec<_>>().join(separator);
    if text.is_empty() {
        return UNKNOWN.to_owned();
    }
    text
}

/// Breaks at spaces so that no line but that of a single long word is wider than `WIDTH`.
pub(crate) fn labelled(text: &mut String, indent: usize, label: &str, value: &str) {
    let mut current = format!("{label:<indent$}");
    for (index, word) in value.split(' ').enumerate() {
        let is_full = current.chars().count() + 1 + word.chars().count() > WIDTH;
        if index > 0 && is_full {
            text.push_str(current.trim_end());
            text.push('\n');
            current = " ".repeat(indent);
        } else if index > 0 {
            current.push(' ');
        }
        current.push_str(word);
    }
    text.push_str(current.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests;
