//! A report as one page that needs nothing else: its style, its few lines of script, every chart with its numbers.

mod head;
mod numbers;
mod policy;
mod section;

use crate::analysis::Analysis;
use crate::charts::{Cells, shown, together};
use crate::draw::{escape, sheet};
use crate::summary::Summary;

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");

/// The page of `summaries`, which may be of several runs, with what they say together: HTML in UTF-8 without a reference to anything outside it.
pub fn page(summaries: &[Summary], analysis: &Analysis) -> String {
    let mut page = opening(summaries);
    page.push_str(&head::header(summaries, &analysis.left_out));
    if !summaries.is_empty() {
        let mut cells = Cells::of(summaries, analysis);
        let entries = shown(&cells);
        let charts: Vec<_> = entries
            .iter()
            .map(|entry| (*entry, (entry.build)(&mut cells)))
            .collect();
        page.push_str(&head::contents(&entries));
        page.push_str(&head::invalid(&cells));
        for (entry, chart) in &charts {
            section::write(&mut page, entry, chart, cells.notes.texts());
        }
        section::together(&mut page, &together(analysis));
        section::doubts(&mut page, cells.notes.texts());
    }
    page.push_str("</main><script>");
    page.push_str(SCRIPT);
    page.push_str("</script></body></html>\n");
    page
}

fn opening(summaries: &[Summary]) -> String {
    let policy = policy::policy(SCRIPT);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\
         <title>{}</title><link rel=\"icon\" href=\"data:,\"><style>{}{STYLE}</style></head><body>\
         <a class=\"skip\" href=\"#main\">Skip to the charts</a><main id=\"main\">",
        escape(&head::title(summaries)),
        sheet::for_page()
    )
}
