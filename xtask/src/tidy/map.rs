//! The table in ARCHITECTURE.md against the manifests: who may depend on whom.

use super::Finding;
use super::manifests::Member;

const MAP: &str = "ARCHITECTURE.md";
const ANYTHING: &str = "anything";

struct Row {
    line: usize,
    folder: String,
    may: Vec<String>,
}

/// A finding for each dependency that the table does not allow, and where table and workspace name different folders.
pub fn check(map: &str, members: &[Member]) -> Vec<Finding> {
    let rows = rows(map);
    if rows.is_empty() {
        return vec![Finding::new(
            MAP,
            1,
            "has no table with the columns `folder` and `may depend on`",
        )];
    }
    let mut findings = stale(&rows, members);
    for member in members {
        match row(&rows, &member.folder) {
            Some(row) => findings.extend(undeclared(row, member, members)),
            None => findings.push(Finding::new(
                MAP,
                1,
                format!("`{}/` has no row in the table", member.folder),
            )),
        }
    }
    findings
}

fn rows(map: &str) -> Vec<Row> {
    let lines = map
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, cells(line)));
    let mut table =
        lines.skip_while(|(_, cells)| !cells.iter().any(|cell| cell == "may depend on"));
    let Some((_, header)) = table.next() else {
        return Vec::new();
    };
    let column = header
        .iter()
        .position(|cell| cell == "may depend on")
        .unwrap_or_default();
    let body = table.skip(1).take_while(|(_, cells)| cells.len() > column);
    body.map(|(line, cells)| Row {
        line,
        folder: folder(&cells[0]),
        may: list(&cells[column]),
    })
    .collect()
}

fn cells(line: &str) -> Vec<String> {
    let inner = line
        .trim()
        .strip_prefix('|')
        .and_then(|line| line.strip_suffix('|'));
    inner
        .map(|inner| {
            inner
                .split('|')
                .map(|cell| cell.trim().to_owned())
                .collect()
        })
        .unwrap_or_default()
}

fn folder(cell: &str) -> String {
    cell.replace('`', "").trim_end_matches('/').to_owned()
}

fn list(cell: &str) -> Vec<String> {
    cell.split(',')
        .map(|name| folder(name.trim()))
        .filter(|name| !name.is_empty() && name != "–")
        .collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => pattern == name,
    }
}

fn row<'a>(rows: &'a [Row], folder: &str) -> Option<&'a Row> {
    let exact = rows.iter().find(|row| row.folder == folder);
    exact.or_else(|| rows.iter().find(|row| matches(&row.folder, folder)))
}

fn stale(rows: &[Row], members: &[Member]) -> Vec<Finding> {
    let exists =
        |name: &str| name == ANYTHING || members.iter().any(|member| matches(name, &member.folder));
    let named = |row: &'_ Row| {
        std::iter::once(row.folder.clone())
            .chain(row.may.clone())
            .collect::<Vec<_>>()
    };
    let unknown = rows
        .iter()
        .flat_map(|row| named(row).into_iter().map(|name| (row.line, name)));
    let unknown = unknown.filter(|(_, name)| !exists(name));
    unknown
        .map(|(line, name)| {
            Finding::new(
                MAP,
                line,
                format!("`{name}/` is no folder of the workspace"),
            )
        })
        .collect()
}

fn undeclared(row: &Row, member: &Member, members: &[Member]) -> Vec<Finding> {
    let own = |name: &str| members.iter().find(|member| member.name == name);
    let needs = member
        .dependencies()
        .into_iter()
        .filter_map(|(name, _)| own(name));
    let allowed = |folder: &str| {
        row.may
            .iter()
            .any(|may| may == ANYTHING || matches(may, folder))
    };
    let bad = needs.filter(|needed| !allowed(&needed.folder));
    let message = |needed: &Member| {
        format!(
            "`{}/` may not depend on `{}/`",
            member.folder, needed.folder
        )
    };
    bad.map(|needed| Finding::new(&format!("{}/Cargo.toml", member.folder), 1, message(needed)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::{File, manifests};
    use super::*;

    const TABLE: &str = "# Map\n\n| folder | job | may depend on |\n|---|---|---|\n\
        | `units/` | quantities | – |\n| `adapters/api/` | traits | units |\n\
        | `adapters/*/` | one framework each | units, adapters/api |\n| `cli/` | the program | anything |\n\nText.\n";

    fn messages(map: &str, crates: &[(&str, &str, &str)]) -> Vec<String> {
        let manifest = |&(folder, name, rest): &(&str, &str, &str)| File {
            path: format!("{folder}/Cargo.toml"),
            text: format!("[package]\nname = \"{name}\"\n{rest}\n"),
        };
        let files: Vec<File> = crates.iter().map(manifest).collect();
        let folders: Vec<&str> = crates.iter().map(|&(folder, ..)| folder).collect();
        let members =
            manifests::members(&format!("[workspace]\nmembers = {folders:?}"), &files).unwrap();
        check(map, &members)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    const UNITS: (&str, &str, &str) = ("units", "tare-units", "");
    const API: (&str, &str, &str) = (
        "adapters/api",
        "tare-api",
        "[dependencies]\ntare-units.workspace = true",
    );
    const NULL: (&str, &str, &str) = (
        "adapters/null",
        "tare-null",
        "[dependencies]\ntare-api.workspace = true",
    );
    const CLI: (&str, &str, &str) = ("cli", "tare", "[dependencies]\ntare-null.workspace = true");

    #[test]
    fn a_workspace_that_follows_its_table_has_no_finding() {
        assert_eq!(messages(TABLE, &[UNITS, API, NULL, CLI]), [""; 0]);
    }

    #[test]
    fn an_arrow_against_the_table_is_found() {
        for kind in [
            "dependencies",
            "build-dependencies",
            "target.x86.dependencies",
        ] {
            let units = (
                "units",
                "tare-units",
                format!("[{kind}]\ntare-api.workspace = true"),
            );
            let found = messages(TABLE, &[(units.0, units.1, &units.2), API, NULL, CLI]);
            assert_eq!(
                found,
                ["units/Cargo.toml:1: `units/` may not depend on `adapters/api/`"]
            );
        }
    }

    #[test]
    fn one_adapter_may_not_depend_on_another() {
        let fake = (
            "adapters/fake",
            "tare-fake",
            "[dependencies]\ntare-null.workspace = true",
        );
        let found = messages(TABLE, &[UNITS, API, NULL, CLI, fake]);
        assert_eq!(
            found,
            ["adapters/fake/Cargo.toml:1: `adapters/fake/` may not depend on `adapters/null/`"]
        );
    }

    #[test]
    fn what_only_tests_need_is_free() {
        let units = (
            "units",
            "tare-units",
            "[dev-dependencies]\ntare-api.workspace = true",
        );
        assert_eq!(messages(TABLE, &[units, API, NULL, CLI]), [""; 0]);
    }

    #[test]
    fn a_folder_without_a_row_and_a_row_without_a_folder_are_found() {
        let extra = ("extra", "tare-extra", "");
        assert!(
            messages(TABLE, &[UNITS, API, NULL, CLI, extra])[0].contains("`extra/` has no row")
        );
        assert!(messages(TABLE, &[UNITS, API, NULL])[0].contains("`cli/` is no folder"));
    }

    #[test]
    fn a_map_without_its_table_is_found() {
        assert!(messages("# Map\n", &[UNITS])[0].contains("has no table"));
    }
}
