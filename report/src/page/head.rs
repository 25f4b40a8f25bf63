//! What stands above the charts: what was measured, where, and what does not count.

use crate::charts::{Cells, Entry, TOGETHER, TOGETHER_TITLE};
use crate::draw::escape;
use crate::summary::Summary;
use crate::table::{Dimensions, caption, numbers};
use tare_results::Verdict;

/// The title of the page.
pub fn title(summaries: &[Summary]) -> String {
    let runs = runs(summaries);
    match runs.as_slice() {
        [] => "tare report".to_owned(),
        [run] => format!("tare report of run {run}"),
        [first, ..] => format!("tare report of run {first} and {} more", runs.len() - 1),
    }
}

/// Everything that the cells share, how many of them count, and what was left out.
pub fn header(summaries: &[Summary], left_out: &[String]) -> String {
    let mut header = format!("<header><h1>{}</h1>", escape(&title(summaries)));
    if summaries.is_empty() {
        return header + "<p>No cell was measured.</p></header>";
    }
    let dimensions = Dimensions::of(summaries);
    for line in caption(summaries, &dimensions) {
        header.push_str(&format!("<p>{}</p>", escape(&line.join(" · "))));
    }
    let made = summaries.iter().map(|one| one.created.as_str()).max();
    let made = made.unwrap_or_default();
    header.push_str(&format!(
        "<p>{}; the last was measured at {}, by tare {}.</p>",
        counts(summaries),
        escape(made),
        escape(&producers(summaries))
    ));
    if let Some(line) = machines(summaries) {
        header.push_str(&format!("<p class=\"warning\">{}</p>", escape(&line)));
    }
    for line in left_out {
        header.push_str(&format!("<p>{}</p>", escape(line)));
    }
    header + "</header>"
}

fn counts(summaries: &[Summary]) -> String {
    let invalid = summaries
        .iter()
        .filter(|one| one.verdict == Verdict::Invalid)
        .count();
    let doubtful = summaries
        .iter()
        .filter(|one| one.verdict == Verdict::Valid && !one.doubts.is_empty());
    let plural = if summaries.len() == 1 { "" } else { "s" };
    let count = numbers::thousands(summaries.len() as u64);
    let text = format!("{count} cell{plural}");
    let parts = [
        (doubtful.count(), "valid with doubts"),
        (invalid, "invalid"),
    ];
    let parts = parts.into_iter().filter(|(count, _)| *count > 0);
    parts.fold(text, |text, (count, what)| {
        format!("{text}, {count} {what}")
    })
}

fn producers(summaries: &[Summary]) -> String {
    let mut all: Vec<String> = summaries
        .iter()
        .map(|one| match &one.producer.commit {
            Some(commit) => format!("{} ({commit:.12})", one.producer.version),
            None => one.producer.version.clone(),
        })
        .collect();
    all.sort();
    all.dedup();
    all.join(", ")
}

/// A warning where the cells are of several machines.
fn machines(summaries: &[Summary]) -> Option<String> {
    let mut machines: Vec<String> = summaries
        .iter()
        .map(|one| {
            let cpu = one.machine.cpu.model.clone();
            format!(
                "{:.8} ({})",
                one.machine.fingerprint,
                cpu.unwrap_or_else(|| "unknown processor".to_owned())
            )
        })
        .collect();
    machines.sort();
    machines.dedup();
    (machines.len() > 1).then(|| {
        format!(
            "These cells are of {} machines, {}: compare within one only.",
            machines.len(),
            machines.join(", ")
        )
    })
}

fn runs(summaries: &[Summary]) -> Vec<&str> {
    let mut runs: Vec<&str> = Vec::new();
    for summary in summaries {
        if !runs.contains(&summary.run.as_str()) {
            runs.push(&summary.run);
        }
    }
    runs
}

/// Links to the charts.
pub fn contents(entries: &[&Entry]) -> String {
    let link = |(name, title): (&str, &str)| format!("<li><a href=\"#{name}\">{title}</a></li>");
    let charts = entries.iter().map(|entry| (entry.name, entry.title));
    let links: String = charts
        .chain([(TOGETHER, TOGETHER_TITLE), ("doubts", "Doubts")])
        .map(link)
        .collect();
    format!("<nav aria-label=\"Charts\"><ul>{links}</ul></nav>")
}

/// The cells that do not count, and why.
pub fn invalid(cells: &Cells<'_>) -> String {
    let invalid = cells.all.iter().filter(|one| !one.reasons.is_empty());
    let rows: String = invalid
        .map(|one| {
            format!(
                "<tr><td>{}<td>{}",
                escape(&cells.label(one)),
                escape(&one.reasons.join("; "))
            )
        })
        .collect();
    match rows.is_empty() {
        true => String::new(),
        false => format!(
            "<section aria-labelledby=\"invalid-title\"><h2 id=\"invalid-title\">Invalid cells</h2>\
             <p>They are in no chart, however fast they are.</p><details class=\"printed\"><summary>Which and why</summary>\
             <div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Invalid cells\">\
             <table><thead><tr><th>cell<th>reason<tbody>{rows}</table></div></details></section>"
        ),
    }
}
