//! Two figures over the whole workspace: panics per thousand lines, and lines of tests per line of code.

use std::fmt;

use super::Finding;
use super::rules::Source;

/// Sums over all Rust files; blank lines and comments do not count.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Figures {
    code: usize,
    tests: usize,
    panics: usize,
}

const PANICS_PER_1000: f64 = 2.0;

impl Figures {
    /// The figures of these files; benches and fuzz targets count as neither code nor tests.
    pub fn of(sources: &[Source<'_>]) -> Self {
        let test_modules: Vec<String> = sources.iter().flat_map(test_modules).collect();
        let mut figures = Self::default();
        for source in sources {
            let path = &source.file.path;
            let in_folder = |name: &str| path.split('/').any(|part| part == name);
            let is_test =
                in_folder("tests") || test_modules.iter().any(|module| belongs(path, module));
            if !in_folder("benches") && !in_folder("fuzz") {
                figures.add(source, is_test);
            }
        }
        figures
    }

    /// A finding where there are too many panics.
    pub fn check(&self) -> Option<Finding> {
        let rate = self.panics_per_1000();
        let message =
            format!("{rate:.2} unwrap and expect per 1,000 lines, {PANICS_PER_1000} at most");
        (rate > PANICS_PER_1000).then(|| Finding::new("workspace", 1, message))
    }

    fn add(&mut self, source: &Source<'_>, is_test: bool) {
        let in_test =
            |line: usize| is_test || source.scan.tests.iter().any(|range| range.contains(&line));
        for (index, line) in source.file.text.lines().enumerate() {
            let line = line.trim_start();
            match () {
                () if line.is_empty() || line.starts_with("//") => {}
                () if in_test(index + 1) => self.tests += 1,
                () => self.code += 1,
            }
        }
        if !is_test {
            self.panics += source.scan.panics.len();
        }
    }

    fn panics_per_1000(&self) -> f64 {
        self.panics as f64 * 1000.0 / self.code.max(1) as f64
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ratio = self.tests as f64 / self.code.max(1) as f64;
        let rate = self.panics_per_1000();
        write!(
            formatter,
            "{} lines of code, {} of tests: {ratio:.2} per line of code; ",
            self.code, self.tests
        )?;
        write!(
            formatter,
            "{} unwrap and expect outside tests: {rate:.2} per 1,000 lines",
            self.panics
        )
    }
}

fn test_modules(source: &Source<'_>) -> Vec<String> {
    let stem = source.file.path.trim_end_matches(".rs");
    let folder = match stem.rsplit_once('/') {
        Some((folder, "mod" | "lib" | "main")) => folder,
        _ => stem,
    };
    source
        .scan
        .test_modules
        .iter()
        .map(|name| format!("{folder}/{name}"))
        .collect()
}

fn belongs(path: &str, module: &str) -> bool {
    path.strip_prefix(module)
        .is_some_and(|rest| rest == ".rs" || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::super::{File, tokens};
    use super::*;

    fn of(files: &[(&str, &str)]) -> Figures {
        let files: Vec<File> = files
            .iter()
            .map(|&(path, text)| File {
                path: path.into(),
                text: text.into(),
            })
            .collect();
        let scan = |file: &File| tokens::scan(&file.path, &file.text).unwrap();
        let sources: Vec<Source<'_>> = files
            .iter()
            .map(|file| Source {
                file,
                scan: scan(file),
            })
            .collect();
        Figures::of(&sources)
    }

    #[test]
    fn code_and_tests_are_told_apart_and_comments_are_neither() {
        let text = "//! Why.\n\nfn a() {\n  // no\n}\n#[cfg(test)]\nmod tests {\n  fn t() { b.unwrap() }\n}\n";
        assert_eq!(
            of(&[("a/src/lib.rs", text)]),
            Figures {
                code: 2,
                tests: 4,
                panics: 0
            }
        );
    }

    #[test]
    fn files_of_tests_are_tests_however_they_are_reached() {
        let panics = "fn t() { b.unwrap() }\n";
        let declares = "#[cfg(test)]\nmod checks;\n";
        let figures = of(&[
            ("a/tests/x.rs", panics),
            ("a/benches/x.rs", panics),
            ("a/src/lib.rs", declares),
            ("a/src/checks.rs", panics),
            ("a/src/parse.rs", declares),
            ("a/src/parse/checks/deep.rs", panics),
        ]);
        assert_eq!(
            figures,
            Figures {
                code: 4,
                tests: 3,
                panics: 0
            }
        );
    }

    #[test]
    fn more_than_two_panics_in_a_thousand_lines_are_a_finding() {
        assert!(
            Figures {
                code: 1000,
                tests: 0,
                panics: 2
            }
            .check()
            .is_none()
        );
        let finding = Figures {
            code: 1000,
            tests: 0,
            panics: 3,
        }
        .check()
        .unwrap();
        assert!(finding.message.starts_with("3.00 unwrap"), "{finding}");
    }
}
