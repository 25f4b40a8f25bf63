//! Where the repository lies, which crates it has, and how commands are run in it.

use std::cell::RefCell;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use anyhow::{Context, Result, bail};

/// The repository and its target folder.
pub struct Workspace {
    /// The folder of the root manifest.
    pub root: PathBuf,
    /// The folder for everything that is built or installed.
    pub target: PathBuf,
    remarks: RefCell<Vec<String>>,
}

impl Workspace {
    /// The repository that this program belongs to; fails where its folder cannot be resolved.
    pub fn locate() -> Result<Self> {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
        let root = Path::new(&package).join("..");
        let root = root
            .canonicalize()
            .with_context(|| format!("no repository at {}", root.display()))?;
        Ok(Self::at(root))
    }

    /// The repository at `root`, with the target folder that `CARGO_TARGET_DIR` names, else `target`.
    pub fn at(root: PathBuf) -> Self {
        let target = std::env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| "target".into());
        let target = root.join(target);
        let remarks = RefCell::default();
        Self {
            root,
            target,
            remarks,
        }
    }

    /// Says at once, and again after the last step, what a step could not check although it did not fail.
    pub fn remark(&self, remark: String) {
        eprintln!("{remark}");
        self.remarks.borrow_mut().push(remark);
    }

    /// What was remarked so far.
    pub fn remarks(&self) -> Vec<String> {
        self.remarks.borrow().clone()
    }

    /// A command that runs in the root, without input, and with the same target folder.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            .stdin(Stdio::null());
        command
    }

    /// A command of the cargo that runs this program.
    pub fn cargo(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.args(arguments);
        command
    }

    /// The text of a file below the root.
    pub fn read(&self, path: &str) -> Result<String> {
        let bytes =
            std::fs::read(self.root.join(path)).with_context(|| format!("cannot read {path}"))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// Files that git tracks or would track, relative to the root, sorted; deleted ones are left out.
    pub fn files(&self) -> Result<Vec<String>> {
        let mut git = self.command("git");
        git.args([
            "-c",
            "safe.directory=*",
            "ls-files",
            "-z",
            "--cached",
            "--others",
            "--exclude-standard",
        ]);
        let listing = String::from_utf8_lossy(&output(&mut git)?.stdout).into_owned();
        let present = |path: &&str| !path.is_empty() && self.root.join(path).is_file();
        let mut files: Vec<String> = listing
            .split('\0')
            .filter(present)
            .map(String::from)
            .collect();
        files.sort();
        files.dedup();
        Ok(files)
    }
}

/// Runs to the end with output shown; a status other than zero is an error that names the command.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", shown(command));
    }
    Ok(())
}

/// Runs to the end with output kept; a status other than zero is an error that carries what was said.
pub fn output(command: &mut Command) -> Result<Output> {
    let output = command
        .output()
        .with_context(|| format!("cannot start {}", shown(command)))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let said: Vec<&str> = said.split_whitespace().collect();
        bail!(
            "`{}` ended with {}: {}",
            shown(command),
            output.status,
            said.join(" ")
        );
    }
    Ok(output)
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words
        .map(|word| word.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
pub mod scratch {
    use super::*;

    /// An empty repository in a folder that vanishes with the first value.
    pub fn workspace() -> (tempfile::TempDir, Workspace) {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let workspace = Workspace {
            target,
            ..Workspace::at(folder.path().to_owned())
        };
        (folder, workspace)
    }

    /// Writes an executable shell script, with the folders above it.
    pub fn script(path: &Path, body: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_command_is_an_error_that_names_it_and_what_it_said() {
        let mut command = Command::new("sh");
        let error = output(command.args(["-c", "echo broken >&2; exit 3"]))
            .unwrap_err()
            .to_string();
        assert!(
            error.contains("exit 3`") && error.contains("broken"),
            "{error}"
        );
    }

    #[test]
    fn a_command_that_cannot_start_is_named() {
        let error = run(&mut Command::new("no-such-program-here"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("no-such-program-here"), "{error}");
    }

    #[test]
    fn the_files_of_this_repository_include_this_one_and_nothing_built() {
        let files = Workspace::locate().unwrap().files().unwrap();
        assert!(files.contains(&"xtask/src/workspace.rs".to_owned()));
        assert!(!files.iter().any(|file| file.starts_with("target/")));
    }
}
