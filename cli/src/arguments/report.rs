//! The arguments of `tare report`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// What a report is made of, how, and where it goes.
#[derive(Debug, Args)]
pub struct ReportOptions {
    /// Ids, unique prefixes of one, or latest
    #[arg(value_name = "RUN", default_value = "latest")]
    pub runs: Vec<String>,
    /// A file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// What is written
    #[arg(long, value_name = "FORMAT", hide_possible_values = true, help = FORMAT_HELP)]
    pub format: Option<ReportFormat>,
    /// One of [`tare_report::chart_names`]
    #[arg(long, value_name = "NAME", help = chart_help())]
    pub chart: Option<String>,
}

/// A build that draws no pixels does not offer them.
const FORMAT_HELP: &str = if cfg!(feature = "png") {
    "html, markdown, json of laws, knees and correlations, or svg or png of one chart [default: as FILE ends: .html, .md, .json, .svg, .png; else html]"
} else {
    "html, markdown, json of laws, knees and correlations, or svg of one chart [default: as FILE ends: .html, .md, .json, .svg; else html]"
};

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page.
    Html,
    /// For a pull request.
    Markdown,
    /// What the cells say together, for programs.
    Json,
    /// One chart as a drawing.
    Svg,
    /// One chart as pixels.
    Png,
}

impl ReportOptions {
    /// What was asked for, else what the file's name ends in, else a page.
    ///
    /// # Errors
    /// Where the name ends in something that no report is written as.
    pub fn format(&self) -> Result<ReportFormat, String> {
        let ending = self.output.as_ref().and_then(|path| path.extension());
        match (self.format, ending.map(|ending| ending.to_string_lossy())) {
            (Some(asked), _) => Ok(asked),
            (None, None) => Ok(ReportFormat::Html),
            (None, Some(ending)) => by_ending(&ending).ok_or_else(|| {
                format!(
                    "a report is not written as .{ending}; end FILE in .html, .md, .json, .svg or .png, or say which with --format"
                )
            }),
        }
    }
}

fn chart_help() -> String {
    let names = tare_report::chart_names().join(", ");
    let drawn = if cfg!(feature = "png") {
        "svg or png"
    } else {
        "svg"
    };
    format!("The chart to draw as {drawn}: {names}")
}

fn by_ending(ending: &str) -> Option<ReportFormat> {
    match ending.to_ascii_lowercase().as_str() {
        "html" | "htm" => Some(ReportFormat::Html),
        "md" | "markdown" => Some(ReportFormat::Markdown),
        "json" => Some(ReportFormat::Json),
        "svg" => Some(ReportFormat::Svg),
        "png" => Some(ReportFormat::Png),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(output: Option<&str>, format: Option<ReportFormat>) -> Result<ReportFormat, String> {
        let options = ReportOptions {
            runs: vec!["latest".to_owned()],
            output: output.map(PathBuf::from),
            format,
            chart: None,
        };
        options.format()
    }

    #[test]
    fn the_form_is_what_was_asked_for_else_what_the_name_ends_in() {
        assert_eq!(format(None, None), Ok(ReportFormat::Html));
        assert_eq!(format(Some("a.md"), None), Ok(ReportFormat::Markdown));
        assert_eq!(format(Some("a.json"), None), Ok(ReportFormat::Json));
        assert_eq!(format(Some("a.b.svg"), None), Ok(ReportFormat::Svg));
        assert_eq!(format(Some("a.PNG"), None), Ok(ReportFormat::Png));
        assert_eq!(
            format(Some("a.svg"), Some(ReportFormat::Png)),
            Ok(ReportFormat::Png)
        );
        assert_eq!(format(Some("a"), None), Ok(ReportFormat::Html));
    }

    #[test]
    fn an_ending_that_nothing_is_written_as_is_refused_unless_the_form_is_said() {
        let told = format(Some("report.pdf"), None).expect_err("no such form");
        assert!(told.contains(".pdf") && told.contains("--format"), "{told}");
        let said = format(Some("report.v2"), Some(ReportFormat::Html));
        assert_eq!(said, Ok(ReportFormat::Html));
    }

    #[test]
    fn the_help_names_every_chart() {
        for name in tare_report::chart_names() {
            assert!(chart_help().contains(name), "{name}");
        }
    }
}
