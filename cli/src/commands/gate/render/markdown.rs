//! Gates as Markdown, for a pull request or a job's summary.

use super::super::told::{All, Told};

/// A table of all gates, and below it what each rests on.
pub fn markdown(all: &All) -> String {
    let mut text =
        "| gate | verdict | baseline | candidate | blocks |\n|---|---|---:|---:|---:|\n".to_owned();
    for told in &all.gates {
        let (baseline, candidate) = told.figures().unwrap_or_default();
        let cells = [
            escape(&told.name),
            format!("**{}**", escape(&told.headline())),
            escape(&baseline),
            escape(&candidate),
            told.outcome.blocks.to_string(),
        ];
        text.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    for gate in &all.not_run {
        let name = escape(&gate.name);
        text.push_str(&format!("| {name} | **not run** |  |  |  |\n"));
    }
    for told in &all.gates {
        text.push_str(&details(told));
    }
    for gate in &all.not_run {
        let (name, why) = (escape(&gate.name), escape(&gate.why));
        text.push_str(&format!("\n**{name}**\n\n- {why}\n"));
    }
    text
}

fn details(told: &Told) -> String {
    let mut lines: Vec<String> = told.reasons();
    let differences = told.differences.iter();
    lines.extend(
        differences.map(|part| format!("{}: {} → {}", part.part, part.baseline, part.candidate)),
    );
    lines.push(told.rule());
    if !told.runs.is_empty() {
        lines.push(told.evidence());
    }
    lines.extend(told.notes.iter().cloned());
    let lines: Vec<String> = lines
        .iter()
        .map(|line| format!("- {}\n", escape(line)))
        .collect();
    format!("\n**{}**\n\n{}", escape(&told.name), lines.concat())
}

/// On one line, with nothing that Markdown or HTML would read.
pub fn escape(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '&' => "&amp;".to_owned(),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' | '@' | ':' => {
                format!("&#{};", u32::from(letter))
            }
            _ if letter.is_control() => " ".to_owned(),
            _ => letter.to_string(),
        })
        .collect()
}
