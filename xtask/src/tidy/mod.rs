//! The rules that this repository sets itself and that no other tool checks.

mod allowed;
mod documents;
mod figures;
mod manifests;
mod map;
mod rules;
mod tokens;
mod words;

use std::fmt;

use anyhow::{Context, Result, bail};

use crate::workspace::Workspace;

/// One breach of a rule.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    path: String,
    line: usize,
    message: String,
}

impl Finding {
    fn new(path: &str, line: usize, message: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            line,
            message: message.into(),
        }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}", self.path, self.line, self.message)
    }
}

/// A tracked file: its path from the root, and its text.
pub struct File {
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Applies every rule to every tracked file, prints the findings and the figures; fails where there is a finding.
pub fn check(workspace: &Workspace) -> Result<()> {
    let files = read(workspace)?;
    let text = |path: &str| {
        let file = files.iter().find(|file| file.path == path);
        file.map(|file| file.text.as_str())
            .with_context(|| format!("{path} is missing"))
    };
    let sources = scan(&files)?;
    let members = manifests::members(text("Cargo.toml")?, &files)?;
    let figures = figures::Figures::of(&sources);
    let mut findings = manifests::check(text("Cargo.toml")?, &members, &files)?;
    findings.extend(map::check(text("ARCHITECTURE.md")?, &members));
    findings.extend(allowed::apply(
        sources.iter().flat_map(rules::check).collect(),
        allowed::ALLOWED,
    ));
    findings.extend(words::forbidden(&files));
    findings.extend(documents::changelog(text("CHANGELOG.md")?));
    findings.extend(documents::synonyms(text("GLOSSARY.md")?, &files));
    findings.extend(figures.check());
    println!("{figures}");
    conclude(findings)
}

fn read(workspace: &Workspace) -> Result<Vec<File>> {
    let read = |path: String| {
        Ok(File {
            text: workspace.read(&path)?,
            path,
        })
    };
    workspace.files()?.into_iter().map(read).collect()
}

fn scan(files: &[File]) -> Result<Vec<rules::Source<'_>>> {
    let rust = files.iter().filter(|file| file.is_rust());
    rust.map(|file| {
        Ok(rules::Source {
            file,
            scan: tokens::scan(&file.path, &file.text)?,
        })
    })
    .collect()
}

fn conclude(mut findings: Vec<Finding>) -> Result<()> {
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    match findings.len() {
        0 => Ok(()),
        count => bail!("{count} findings"),
    }
}
