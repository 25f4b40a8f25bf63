//! The rules for a single Rust file.

use super::tokens::Scan;
use super::{File, Finding};

/// A Rust file with its tokens' story.
pub struct Source<'a> {
    /// The file.
    pub file: &'a File,
    /// What its tokens say.
    pub scan: Scan,
}

const FILE_LINES: usize = 400;
const FUNCTION_LINES: usize = 50;
const CLOCKS: &[&str] = &["Instant", "clock_gettime"];
const WALL_CLOCK: [&str; 2] = ["SystemTime", "now"];

/// The findings in one file.
pub fn check(source: &Source<'_>) -> Vec<Finding> {
    [opening, unsafe_code, clocks, file_length, function_lengths]
        .iter()
        .flat_map(|rule| rule(source))
        .collect()
}

fn opening(source: &Source<'_>) -> Vec<Finding> {
    let paragraph = source
        .file
        .text
        .lines()
        .map_while(|line| line.strip_prefix("//! "));
    let paragraph = paragraph.collect::<Vec<_>>().join(" ");
    if paragraph.contains(' ') && paragraph.ends_with(['.', '?', ':']) {
        return Vec::new();
    }
    vec![Finding::new(
        &source.file.path,
        1,
        "does not open with a `//!` sentence that says why the file exists",
    )]
}

fn unsafe_code(source: &Source<'_>) -> Vec<Finding> {
    if ["ffi.rs", "sys.rs"].contains(&file_name(&source.file.path)) {
        return Vec::new();
    }
    uses(
        source,
        &["unsafe"],
        "unsafe outside a file named ffi.rs or sys.rs",
    )
}

fn clocks(source: &Source<'_>) -> Vec<Finding> {
    if source.file.path.starts_with("clock/") {
        return Vec::new();
    }
    const MESSAGE: &str = "reads a clock outside clock/, take a `tare_clock::Clock` instead";
    let mut findings = uses(source, CLOCKS, MESSAGE);
    let names = &source.scan.identifiers;
    let wall = names
        .windows(2)
        .filter(|pair| [&pair[0].0, &pair[1].0] == WALL_CLOCK);
    findings.extend(wall.map(|pair| {
        Finding::new(
            &source.file.path,
            pair[0].1,
            format!("`SystemTime::now`: {MESSAGE}"),
        )
    }));
    findings
}

fn uses(source: &Source<'_>, names: &[&str], message: &str) -> Vec<Finding> {
    let hits = source
        .scan
        .identifiers
        .iter()
        .filter(|(name, _)| names.contains(&name.as_str()));
    hits.map(|(name, line)| Finding::new(&source.file.path, *line, format!("`{name}`: {message}")))
        .collect()
}

fn file_length(source: &Source<'_>) -> Vec<Finding> {
    let lines = source.file.text.lines().count();
    if lines <= FILE_LINES {
        return Vec::new();
    }
    vec![Finding::new(
        &source.file.path,
        1,
        format!("file of {lines} lines, {FILE_LINES} at most"),
    )]
}

fn function_lengths(source: &Source<'_>) -> Vec<Finding> {
    let long = source
        .scan
        .functions
        .iter()
        .filter(|function| function.length > FUNCTION_LINES);
    let message =
        |name: &str, lines| format!("function `{name}` of {lines} lines, {FUNCTION_LINES} at most");
    long.map(|long| {
        Finding::new(
            &source.file.path,
            long.line,
            message(&long.name, long.length),
        )
    })
    .collect()
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::super::tokens;
    use super::*;

    fn messages(path: &str, text: &str) -> Vec<String> {
        let file = File {
            path: path.into(),
            text: text.into(),
        };
        let scan = tokens::scan(path, text).unwrap();
        check(&Source { file: &file, scan })
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const OPENING: &str = "//! Says why this file exists.\n";

    #[test]
    fn a_file_that_follows_the_rules_has_no_finding() {
        assert!(messages("a/src/lib.rs", &format!("{OPENING}fn a() {{}}\n")).is_empty());
    }

    #[test]
    fn a_sentence_may_run_over_two_lines() {
        assert!(messages("a.rs", "//! Says why\n//! it exists.\n").is_empty());
    }

    #[test]
    fn a_file_without_an_opening_sentence_is_found() {
        for text in [
            "",
            "fn a() {}",
            "// Not a doc comment.",
            "//! Word.",
            "//! no full stop",
            "\n//! Comes too late.",
        ] {
            assert!(
                messages("a.rs", text)[0].contains("a.rs:1: does not open"),
                "{text}"
            );
        }
    }

    #[test]
    fn unsafe_is_found_except_in_the_two_files_made_for_it() {
        let text = format!("{OPENING}fn a() {{\n unsafe {{ b() }} }}");
        assert!(messages("a/src/fast.rs", &text)[0].starts_with("a/src/fast.rs:3: `unsafe`"));
        assert!(messages("a/src/ffi.rs", &text).is_empty());
        assert!(messages("a/src/sys.rs", &text).is_empty());
    }

    #[test]
    fn a_clock_is_found_except_in_the_clock_folder_and_words_in_comments_are_not_clocks() {
        for name in CLOCKS {
            let text = format!("{OPENING}// {name}\nfn a() {{ {name}() }}");
            assert!(messages("a/src/lib.rs", &text)[0].contains(&format!(":3: `{name}`")));
            assert!(messages("clock/src/wall.rs", &text).is_empty());
        }
    }

    #[test]
    fn the_wall_clock_is_found_where_it_is_read_and_a_time_that_a_file_carries_is_fine() {
        let reads = format!("{OPENING}fn a() {{\n SystemTime::now() }}");
        assert!(messages("a/src/lib.rs", &reads)[0].contains(":3: `SystemTime::now`"));
        assert!(messages("clock/src/wall.rs", &reads).is_empty());
        let carries = format!("{OPENING}fn a(modified: SystemTime) {{ SystemTime::UNIX_EPOCH }}");
        assert!(messages("a/src/lib.rs", &carries).is_empty());
    }

    #[test]
    fn a_file_and_a_function_that_are_too_long_are_found() {
        let fits = format!(
            "{OPENING}fn a() {{\n{}}}\n",
            "\n".repeat(FUNCTION_LINES - 2)
        );
        assert!(messages("a.rs", &fits).is_empty());
        let long = format!(
            "{OPENING}fn a() {{\n{}}}\n",
            "\n".repeat(FUNCTION_LINES - 1)
        );
        assert!(messages("a.rs", &long)[0].contains("function `a` of 51 lines"));
        let long = format!("{OPENING}{}", "\n".repeat(FILE_LINES));
        assert!(messages("a.rs", &long)[0].contains("file of 401 lines"));
    }
}
