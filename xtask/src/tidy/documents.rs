//! The rules for prose: the change log has a place for what is new, and one concept has one word.

use super::{File, Finding};

/// A finding where CHANGELOG.md has no section for unreleased changes.
pub fn changelog(text: &str) -> Option<Finding> {
    let present = text.lines().any(|line| line.trim_end() == "## Unreleased");
    (!present).then(|| Finding::new("CHANGELOG.md", 1, "has no section `## Unreleased`"))
}

/// A finding for each use of a word of GLOSSARY.md's column `instead of`, in documents and documentation comments.
///
/// Code in backticks and fenced blocks is left alone.
pub fn synonyms(glossary: &str, files: &[File]) -> Vec<Finding> {
    let banned = banned(glossary);
    if banned.is_empty() {
        return vec![Finding::new(
            "GLOSSARY.md",
            1,
            "has no table with a column `instead of`",
        )];
    }
    let files = files.iter().filter(|file| file.path != "GLOSSARY.md");
    files
        .flat_map(|file| {
            prose(file)
                .into_iter()
                .flat_map(|line| uses(file, line, &banned))
        })
        .collect()
}

fn banned(glossary: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut column = None;
    for line in glossary.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        match (line.starts_with('|'), column) {
            (false, _) => column = None,
            (true, None) => column = cells.iter().position(|cell| *cell == "instead of"),
            (true, Some(column)) => {
                let words = cells
                    .get(column)
                    .into_iter()
                    .flat_map(|cell| cell.split(','));
                let words = words
                    .map(str::trim)
                    .filter(|word| word.starts_with(char::is_alphabetic));
                pairs.extend(words.map(|word| (word.to_lowercase(), cells[0].replace('*', ""))));
            }
        }
    }
    pairs
}

fn prose(file: &File) -> Vec<(usize, String)> {
    let is_document = file.path.ends_with(".md");
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let trimmed = line.trim_start();
        let comment = trimmed
            .strip_prefix("//!")
            .or(trimmed.strip_prefix("///"))
            .filter(|_| file.is_rust());
        let Some(text) = comment.or(is_document.then_some(trimmed)) else {
            fenced = false;
            continue;
        };
        if text.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            lines.push((index + 1, words(text)));
        }
    }
    lines
}

fn words(text: &str) -> String {
    let outside_code: String = text.split('`').step_by(2).collect::<Vec<_>>().join(" ");
    let is_word = |word: &&str| !word.contains(['/', '_']);
    let words = outside_code
        .split_whitespace()
        .filter(is_word)
        .map(|word| word.trim_matches(|c| !char::is_alphanumeric(c)));
    format!(" {} ", words.collect::<Vec<_>>().join(" ").to_lowercase())
}

fn uses(file: &File, (line, text): (usize, String), banned: &[(String, String)]) -> Vec<Finding> {
    let used =
        |word: &str| text.contains(&format!(" {word} ")) || text.contains(&format!(" {word}s "));
    let hits = banned.iter().filter(|(word, _)| used(word));
    hits.map(|(word, right)| {
        Finding::new(
            &file.path,
            line,
            format!("`{word}`: say {right}, see GLOSSARY.md"),
        )
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GLOSSARY: &str = "Text.\n\n| word | what | instead of |\n|---|---|---|\n| **adapter** | a | backend, binding |\n| **cell** | b | – |\n";

    fn found(path: &str, text: &str) -> Vec<String> {
        let file = File {
            path: path.into(),
            text: text.into(),
        };
        synonyms(GLOSSARY, &[file])
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_change_log_without_the_section_is_found() {
        assert!(changelog("# Changes\n\n## 0.1.0\n").is_some());
        assert!(changelog("# Changes\n\n## Unreleased\n").is_none());
    }

    #[test]
    fn another_word_for_a_concept_is_found_in_documents_and_documentation_comments() {
        assert_eq!(
            found("a.md", "One.\nThe Backends, all."),
            ["a.md:2: `backend`: say adapter, see GLOSSARY.md"]
        );
        assert_eq!(
            found("a.rs", "//! A binding.\nfn a() {}\n  /// Its backend").len(),
            2
        );
    }

    #[test]
    fn code_paths_and_longer_words_are_left_alone() {
        assert_eq!(
            found(
                "a.md",
                "`backend` onnx/backend/test backend_name\n```text\nbackend\n```\nrebinding"
            ),
            [""; 0]
        );
        assert_eq!(found("a.rs", "fn backend() {} // backend"), [""; 0]);
    }

    #[test]
    fn a_glossary_without_the_column_is_found() {
        assert!(
            synonyms("| word | what |\n|---|---|\n| a | b |\n", &[])[0]
                .message
                .contains("instead of")
        );
    }
}
