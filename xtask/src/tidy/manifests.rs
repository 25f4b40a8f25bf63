//! The rules for manifests: described, one version, pinned, without clocks or unsafe code.

use anyhow::{Context, Result};
use toml::{Table, Value};

use super::{File, Finding};

/// A crate of the workspace.
pub struct Member {
    /// Its folder from the root, without a slash at the end.
    pub folder: String,
    /// Its package name.
    pub name: String,
    manifest: Table,
}

const CLOCK_CRATES: &[&str] = &["chrono", "coarsetime", "jiff", "quanta", "time"];

impl Member {
    /// The crates that this one needs to be built or to run: normal, build and target-specific dependencies.
    pub fn dependencies(&self) -> Vec<(&str, &Value)> {
        let mut tables = sections(&self.manifest, &["dependencies", "build-dependencies"]);
        let targets = self.manifest.get("target").and_then(Value::as_table);
        let targets = targets
            .into_iter()
            .flat_map(Table::values)
            .filter_map(Value::as_table);
        tables.extend(
            targets.flat_map(|target| sections(target, &["dependencies", "build-dependencies"])),
        );
        entries(tables)
    }

    fn all_dependencies(&self) -> Vec<(&str, &Value)> {
        let mut all = self.dependencies();
        all.extend(entries(sections(&self.manifest, &["dev-dependencies"])));
        all
    }

    fn path(&self) -> String {
        format!("{}/Cargo.toml", self.folder)
    }
}

/// The crates that the root manifest names; fails where a manifest is missing or no TOML.
pub fn members(root: &str, files: &[File]) -> Result<Vec<Member>> {
    let root: Table = root.parse().context("Cargo.toml is no TOML")?;
    let listed = root
        .get("workspace")
        .and_then(|workspace| workspace.get("members"))
        .and_then(Value::as_array);
    let listed = listed.context("Cargo.toml lists no workspace members")?;
    listed
        .iter()
        .filter_map(Value::as_str)
        .map(|folder| member(folder, files))
        .collect()
}

/// The findings in the root manifest, in those of the members, and in the members' root files.
pub fn check(root: &str, members: &[Member], files: &[File]) -> Result<Vec<Finding>> {
    let root: Table = root.parse().context("Cargo.toml is no TOML")?;
    let mut findings = unpinned(&root);
    for member in members {
        findings.extend(package(member));
        findings.extend(scattered(member));
        findings.extend(clock_crates(member));
        findings.extend(unforbidden(member, files));
    }
    Ok(findings)
}

fn member(folder: &str, files: &[File]) -> Result<Member> {
    let path = format!("{folder}/Cargo.toml");
    let file = files
        .iter()
        .find(|file| file.path == path)
        .with_context(|| format!("{path} is missing"))?;
    let manifest: Table = file
        .text
        .parse()
        .with_context(|| format!("{path} is no TOML"))?;
    let name = manifest
        .get("package")
        .and_then(|package| package.get("name"))
        .and_then(Value::as_str);
    let name = name
        .with_context(|| format!("{path} has no package name"))?
        .to_owned();
    Ok(Member {
        folder: folder.to_owned(),
        name,
        manifest,
    })
}

fn sections<'a>(table: &'a Table, names: &[&str]) -> Vec<&'a Table> {
    names
        .iter()
        .filter_map(|&name| table.get(name))
        .filter_map(Value::as_table)
        .collect()
}

fn entries(tables: Vec<&Table>) -> Vec<(&str, &Value)> {
    tables
        .into_iter()
        .flatten()
        .map(|(name, value)| (name.as_str(), value))
        .collect()
}

fn unpinned(root: &Table) -> Vec<Finding> {
    let shared = root
        .get("workspace")
        .and_then(|workspace| workspace.get("dependencies"))
        .and_then(Value::as_table);
    let pinned = |value: &Value| match value {
        Value::Table(table) if table.contains_key("path") => true,
        Value::Table(table) => table
            .get("version")
            .and_then(Value::as_str)
            .is_some_and(|text| text.starts_with('=')),
        value => value.as_str().is_some_and(|text| text.starts_with('=')),
    };
    let bad = shared
        .into_iter()
        .flatten()
        .filter(|(_, value)| !pinned(value));
    bad.map(|(name, _)| {
        Finding::new(
            "Cargo.toml",
            1,
            format!("`{name}` is not pinned, write `=x.y.z`"),
        )
    })
    .collect()
}

fn package(member: &Member) -> Vec<Finding> {
    let package = member.manifest.get("package");
    let field = |name: &str| package.and_then(|package| package.get(name));
    let mut findings = Vec::new();
    if field("description")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty)
    {
        findings.push(Finding::new(&member.path(), 1, "has no description"));
    }
    if !inherits(field("version")) {
        findings.push(Finding::new(
            &member.path(),
            1,
            "write `version.workspace = true`",
        ));
    }
    findings
}

fn scattered(member: &Member) -> Vec<Finding> {
    let own = member
        .all_dependencies()
        .into_iter()
        .filter(|(_, value)| !inherits(Some(value)));
    let message = |name| {
        format!(
            "`{name}` has a version of its own, pin it in the root and write `workspace = true`"
        )
    };
    own.map(|(name, _)| Finding::new(&member.path(), 1, message(name)))
        .collect()
}

fn clock_crates(member: &Member) -> Vec<Finding> {
    let clocks = member
        .all_dependencies()
        .into_iter()
        .filter(|(name, _)| CLOCK_CRATES.contains(name));
    let clocks = clocks.filter(|_| member.folder != "clock");
    clocks
        .map(|(name, _)| {
            Finding::new(
                &member.path(),
                1,
                format!("`{name}` reads clocks outside clock/"),
            )
        })
        .collect()
}

fn unforbidden(member: &Member, files: &[File]) -> Vec<Finding> {
    let source = format!("{}/src/", member.folder);
    let own: Vec<&File> = files
        .iter()
        .filter(|file| file.is_rust() && file.path.starts_with(&source))
        .collect();
    if own
        .iter()
        .any(|file| file.path.ends_with("/ffi.rs") || file.path.ends_with("/sys.rs"))
    {
        return Vec::new();
    }
    let is_root = |path: &str| ["lib.rs", "main.rs"].contains(&path) || path.starts_with("bin/");
    let roots = own
        .iter()
        .filter(|file| is_root(&file.path[source.len()..]));
    let bare = roots.filter(|file| {
        !file
            .text
            .lines()
            .any(|line| line == "#![forbid(unsafe_code)]")
    });
    bare.map(|file| Finding::new(&file.path, 1, "write `#![forbid(unsafe_code)]`"))
        .collect()
}

fn inherits(value: Option<&Value>) -> bool {
    value
        .and_then(|value| value.get("workspace"))
        .and_then(Value::as_bool)
        == Some(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROOT: &str = "[workspace]\nmembers = [\"a\"]\n[workspace.dependencies]\nb = \"=1.0.0\"\na = { path = \"a\" }\n";
    const GOOD: &str =
        "[package]\nname = \"tare-a\"\ndescription = \"A\"\nversion.workspace = true\n";
    const LIB: &str = "#![forbid(unsafe_code)]\n";

    fn messages(root: &str, manifest: &str, source: (&str, &str)) -> Vec<String> {
        let file = |path: &str, text: &str| File {
            path: path.into(),
            text: text.into(),
        };
        let files = [file("a/Cargo.toml", manifest), file(source.0, source.1)];
        let members = members(root, &files).unwrap();
        check(root, &members, &files)
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    fn only(root: &str, manifest: &str) -> String {
        let mut messages = messages(root, manifest, ("a/src/lib.rs", LIB));
        assert_eq!(messages.len(), 1, "{messages:?}");
        messages.remove(0)
    }

    #[test]
    fn a_good_manifest_has_no_finding() {
        let manifest =
            format!("{GOOD}[dependencies]\nb = {{ workspace = true, features = [\"x\"] }}\n");
        assert_eq!(messages(ROOT, &manifest, ("a/src/lib.rs", LIB)), [""; 0]);
    }

    #[test]
    fn an_unpinned_dependency_in_the_root_is_found() {
        for version in [
            "\"1.0.0\"",
            "{ version = \"^1\" }",
            "{ git = \"https://example.org\" }",
        ] {
            assert!(only(&format!("{ROOT}c = {version}\n"), GOOD).contains("`c` is not pinned"));
        }
    }

    #[test]
    fn a_version_outside_the_root_is_found_in_every_kind_of_dependency() {
        let kinds = [
            "dependencies",
            "dev-dependencies",
            "build-dependencies",
            "target.'cfg(unix)'.dependencies",
        ];
        for kind in kinds {
            let manifest = format!("{GOOD}[{kind}]\nb = \"=1.0.0\"\n");
            assert!(
                only(ROOT, &manifest).contains("`b` has a version of its own"),
                "{kind}"
            );
        }
    }

    #[test]
    fn a_missing_description_or_a_version_of_its_own_is_found() {
        assert!(only(ROOT, &GOOD.replace("description = \"A\"\n", "")).contains("no description"));
        assert!(
            only(ROOT, &GOOD.replace(".workspace = true", " = \"0.2.0\""))
                .contains("version.workspace")
        );
    }

    #[test]
    fn a_crate_that_reads_clocks_is_found() {
        let manifest = format!("{GOOD}[dependencies]\nchrono.workspace = true\n");
        assert!(only(ROOT, &manifest).contains("`chrono` reads clocks"));
    }

    #[test]
    fn a_crate_root_that_does_not_forbid_unsafe_code_is_found_unless_it_has_a_file_for_it() {
        assert_eq!(messages(ROOT, GOOD, ("a/src/bin/x.rs", "")).len(), 1);
        assert_eq!(
            messages(ROOT, GOOD, ("a/src/lib.rs", "// #![forbid(unsafe_code)]")).len(),
            1
        );
        assert_eq!(messages(ROOT, GOOD, ("a/src/other.rs", "")).len(), 0);
        assert_eq!(messages(ROOT, GOOD, ("a/src/ffi.rs", "")).len(), 0);
    }
}
