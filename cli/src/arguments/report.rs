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
    /// html, markdown, or svg or png of one chart [default: as FILE ends, else html]
    #[arg(long, value_name = "FORMAT", hide_possible_values = true)]
    pub format: Option<ReportFormat>,
    /// The chart to draw as svg or png: split, batch, roofline, …
    #[arg(long, value_name = "NAME")]
    pub chart: Option<String>,
}

/// The form of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    /// One page.
    Html,
    /// For a pull request.
    Markdown,
    /// One chart as a drawing.
    Svg,
    /// One chart as pixels.
    Png,
}

impl ReportOptions {
    /// What was asked for, else what the file's name ends in, else a page.
    pub fn format(&self) -> ReportFormat {
        let ending = self.output.as_ref().and_then(|path| path.extension());
        let by_name = match ending.and_then(|ending| ending.to_str()) {
            Some("md") => ReportFormat::Markdown,
            Some("svg") => ReportFormat::Svg,
            Some("png") => ReportFormat::Png,
            _ => ReportFormat::Html,
        };
        self.format.unwrap_or(by_name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn format(output: Option<&str>, format: Option<ReportFormat>) -> ReportFormat {
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
        assert_eq!(format(None, None), ReportFormat::Html);
        assert_eq!(format(Some("a.md"), None), ReportFormat::Markdown);
        assert_eq!(format(Some("a.b.svg"), None), ReportFormat::Svg);
        assert_eq!(format(Some("a.png"), None), ReportFormat::Png);
        assert_eq!(
            format(Some("a.svg"), Some(ReportFormat::Png)),
            ReportFormat::Png
        );
        assert_eq!(format(Some("a"), None), ReportFormat::Html);
    }
}
