//! Gates for people, a paragraph each.

use tare_gate::Repeatability;

use super::super::told::{All, Told};
use crate::terminal::plain;

/// Each gate: its verdict first, then what that rests on.
pub fn table(all: &All) -> String {
    let not_run = all.not_run.iter();
    let not_run = not_run.map(|gate| {
        let lines = [
            format!("not run  {}", gate.name),
            format!("  because   {}", gate.why),
        ];
        lines.map(|line| plain(&line) + "\n").concat()
    });
    let gates = all.gates.iter().map(paragraph).chain(not_run);
    gates.collect::<Vec<_>>().join("\n")
}

fn paragraph(told: &Told) -> String {
    let mut lines = vec![format!("{}  {}", told.headline(), told.name)];
    let mut line = |what: &str, text: String| lines.push(format!("  {what:<9} {text}"));
    for reason in told.reasons() {
        line("because", reason);
    }
    for part in &told.differences {
        line(
            &part.part,
            format!("{} → {}", part.baseline, part.candidate),
        );
    }
    if let Some((baseline, candidate)) = told.figures() {
        let metric = told.outcome.metric;
        let of = match metric.repeatability() {
            Repeatability::Exact => "",
            _ => " (medians)",
        };
        line("figures", format!("{metric} {baseline} → {candidate}{of}"));
    }
    line("rule", told.rule());
    if !told.runs.is_empty() {
        line("evidence", told.evidence());
    }
    for note in &told.notes {
        line("note", note.clone());
    }
    if !told.runs.is_empty() {
        line("runs", told.runs.join(" → "));
    }
    let lines: Vec<String> = lines.iter().map(|line| plain(line)).collect();
    lines.join("\n") + "\n"
}
