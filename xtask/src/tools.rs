//! The programs that checks need: found where they are installed, else installed by version into the target folder.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use crate::python;
use crate::workspace::{Workspace, output, run};

/// A program that cargo can build.
pub struct Tool {
    package: &'static str,
    binary: &'static str,
    version: &'static str,
    exact: bool,
}

/// Runs tests; any version that is there will do.
pub const NEXTEST: Tool = Tool {
    package: "cargo-nextest",
    binary: "cargo-nextest",
    version: "0.9.143",
    exact: false,
};

/// Checks dependencies; its verdicts depend on its version.
pub const DENY: Tool = Tool {
    package: "cargo-deny",
    binary: "cargo-deny",
    version: "0.20.2",
    exact: true,
};

const TYPOS: Tool = Tool {
    package: "typos-cli",
    binary: "typos",
    version: "1.52.0",
    exact: true,
};

/// Path of the program, built and installed where it is missing; fails with the tool's name and a remedy.
pub fn cargo_tool(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    match installed(workspace, tool) {
        Some(path) => Ok(path),
        None => build(workspace, tool),
    }
}

/// Path of `typos`: the published wheel holds the program; where it cannot be had, it is built.
pub fn typos(workspace: &Workspace) -> Result<PathBuf> {
    if let Some(path) = installed(workspace, &TYPOS) {
        return Ok(path);
    }
    let requirement = format!("{}=={}\n", TYPOS.binary, TYPOS.version);
    match python::environment(workspace, "tools/typos", &requirement) {
        Ok(environment) => Ok(environment.join("bin").join(TYPOS.binary)),
        Err(error) => {
            eprintln!("typos: no wheel, building it instead: {error:#}");
            build(workspace, &TYPOS)
        }
    }
}

fn installed(workspace: &Workspace, tool: &Tool) -> Option<PathBuf> {
    let candidates = [
        folder(workspace).join("bin").join(tool.binary),
        PathBuf::from(tool.binary),
    ];
    candidates
        .into_iter()
        .find(|path| answers(workspace, tool, path))
}

fn answers(workspace: &Workspace, tool: &Tool, path: &Path) -> bool {
    let version = output(workspace.command(path).arg("--version"));
    version.is_ok_and(|output| accepts(tool, &String::from_utf8_lossy(&output.stdout)))
}

fn accepts(tool: &Tool, said: &str) -> bool {
    !tool.exact || said.split_whitespace().any(|word| word == tool.version)
}

fn build(workspace: &Workspace, tool: &Tool) -> Result<PathBuf> {
    let Tool {
        package, version, ..
    } = tool;
    let root = folder(workspace);
    eprintln!(
        "{package} {version} is missing: building it into {}",
        root.display()
    );
    let mut cargo = workspace.cargo(&[
        "install",
        "--quiet",
        "--locked",
        package,
        "--version",
        version,
        "--root",
    ]);
    run(cargo.arg(&root).env_remove("CARGO_TARGET_DIR")).with_context(|| {
        format!("{package} cannot be installed, install it yourself: cargo install --locked {package} --version {version}")
    })?;
    let path = root.join("bin").join(tool.binary);
    if !answers(workspace, tool, &path) {
        bail!(
            "{} was installed but does not answer with version {version}",
            path.display()
        );
    }
    Ok(path)
}

fn folder(workspace: &Workspace) -> PathBuf {
    workspace.target.join("tools")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::scratch;

    #[test]
    fn a_tool_whose_verdict_depends_on_its_version_is_accepted_by_that_version_only() {
        assert!(accepts(&DENY, "cargo-deny 0.20.2\n"));
        assert!(!accepts(&DENY, "cargo-deny 0.20.20\n"));
        assert!(!accepts(&DENY, ""));
    }

    #[test]
    fn any_version_of_the_test_runner_will_do() {
        assert!(accepts(&NEXTEST, "cargo-nextest 0.9.1 (abc 2023-01-01)"));
    }

    #[test]
    fn a_tool_in_the_target_folder_is_used_as_long_as_it_has_the_right_version() {
        let (_folder, workspace) = scratch::workspace();
        let path = workspace.target.join("tools/bin/cargo-deny");
        scratch::script(&path, "echo cargo-deny 0.20.2");
        assert_eq!(installed(&workspace, &DENY), Some(path.clone()));
        scratch::script(&path, "echo cargo-deny 0.19.0");
        assert_ne!(installed(&workspace, &DENY), Some(path));
    }
}
