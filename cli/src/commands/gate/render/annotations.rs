//! Gates as workflow commands of GitHub's, which stand beside the change.
//!
//! The escapes are those of GitHub's own toolkit (actions/toolkit, `command.ts`): `%`, line ends, and in properties also `:`
//! and `,`. Of the older `##[…]`, which commands anywhere in a line, nothing is left.

use tare_gate::{ExitClass, Verdict};

use super::super::told::{All, NotRun, Told};

/// A line a gate: an error where it regressed, a warning where nothing was decided, else a notice.
pub fn annotations(all: &All) -> String {
    let gates = all.gates.iter().map(annotation);
    gates.chain(all.not_run.iter().map(not_run)).collect()
}

fn not_run(gate: &NotRun) -> String {
    let level = if gate.failed { "error" } else { "warning" };
    command(level, &gate.name, &format!("not run: {}", gate.why))
}

fn annotation(told: &Told) -> String {
    let level = match (told.class(), &told.outcome.verdict) {
        (ExitClass::Passed, _) => "notice",
        (ExitClass::NotDecided, Verdict::Inconclusive(_)) => "warning",
        _ => "error",
    };
    let mut lines = vec![told.headline()];
    lines.extend(told.reasons());
    lines.push(told.rule());
    command(level, &told.name, &lines.join("\n"))
}

fn command(level: &str, name: &str, text: &str) -> String {
    format!(
        "::{level} title={}::{}\n",
        property(&format!("tare gate: {name}")),
        data(text)
    )
}

fn data(text: &str) -> String {
    text.replace("##[", "#\u{fffd}[")
        .replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
