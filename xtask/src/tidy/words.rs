//! Strings that no tracked file may contain: folders of one machine, and hosts that only a mirror's settings need.

use super::{File, Finding};

fn folders() -> [String; 2] {
    ["work", "root"].map(|name| format!("/{name}/"))
}

fn hosts() -> [String; 5] {
    [
        ["pypi", "org"],
        ["pythonhosted", "org"],
        ["index.crates", "io"],
        ["static.crates", "io"],
        ["npmjs", "org"],
    ]
    .map(|parts| parts.join("."))
}

/// A finding for each line with a forbidden string; a folder counts only where a path begins with it.
pub fn forbidden(files: &[File]) -> Vec<Finding> {
    let (folders, hosts) = (folders(), hosts());
    let mut findings = Vec::new();
    for file in files {
        for (index, line) in file.text.lines().enumerate() {
            let folder = folders.iter().find(|folder| starts_path(line, folder));
            let host = hosts.iter().find(|host| line.contains(host.as_str()));
            let found = folder
                .or(host)
                .map(|word| format!("`{word}` belongs to one machine or mirror"));
            findings.extend(found.map(|message| Finding::new(&file.path, index + 1, message)));
        }
    }
    findings
}

fn starts_path(line: &str, folder: &str) -> bool {
    let in_path = |character: char| character.is_alphanumeric() || "_-./}*~".contains(character);
    line.match_indices(folder)
        .any(|(index, _)| !line[..index].ends_with(in_path))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        let file = File {
            path: "a.md".into(),
            text: text.into(),
        };
        forbidden(&[file])
            .iter()
            .map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn every_forbidden_string_is_found_on_its_line() {
        for word in folders().iter().chain(&hosts()) {
            assert_eq!(lines(&format!("fine\nsee {word}x\n")), [2], "{word}");
        }
    }

    #[test]
    fn a_folder_of_that_name_inside_another_path_is_fine() {
        for folder in folders() {
            assert_eq!(
                lines(&format!(
                    "sys{folder}x ../a{folder}x $HOME{folder} {{x}}{folder}"
                )),
                [0; 0]
            );
        }
    }
}
