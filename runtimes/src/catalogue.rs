//! What can be fetched: packages pinned by the hash of their wheels, as data.

pub(crate) mod check;
mod wheel;

use std::path::Path;

use serde::Deserialize;

pub use wheel::Wheel;

use crate::digest;
use crate::nearest::nearest;
use crate::version;

const COMPILED_IN: &str = include_str!("../catalogue.toml");

/// Names a TOML file that stands in for the catalogue that is compiled in.
const VARIABLE: &str = "TARE_RUNTIME_CATALOGUE";

/// The packages that can be fetched.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Catalogue {
    #[serde(rename = "package", default)]
    packages: Vec<Package>,
}

/// One version of a library, and where its files come from.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Package {
    /// Its name, such as `onnxruntime`.
    pub name: String,
    /// Its version, such as `1.31.1`.
    pub version: String,
    /// The file to load, relative to the folder it is unpacked into.
    pub library: String,
    /// Whether it serves building only.
    #[serde(default)]
    pub kit: bool,
    /// What it is unpacked from.
    #[serde(rename = "wheel")]
    pub wheels: Vec<Wheel>,
}

/// Why there is no catalogue.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// The file that stands in for it cannot be read.
    #[error(
        "cannot read the catalogue of runtimes {path}: {error}; correct {VARIABLE}, or unset it"
    )]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// It is not written as a catalogue is.
    #[error("{path} is no catalogue of runtimes: {reason}; correct it, or unset {VARIABLE}")]
    Malformed {
        /// The file.
        path: String,
        /// What is wrong.
        reason: String,
    },
}

/// The catalogue does not have what was asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownPackage {
    /// No package has this name.
    #[error("unknown runtime '{name}': there are {}{}", known.join(", "), meant(suggestion))]
    Name {
        /// What was written.
        name: String,
        /// The names that there are.
        known: Vec<String>,
        /// The one that differs least, where few letters differ.
        suggestion: Option<String>,
    },
    /// The package has no such version.
    #[error("unknown version '{version}' of {name}: there are {}{}", known.join(", "), meant(suggestion))]
    Version {
        /// The package.
        name: String,
        /// What was written.
        version: String,
        /// The versions that there are, oldest first.
        known: Vec<String>,
        /// The one that differs least, where few letters differ.
        suggestion: Option<String>,
    },
}

fn meant(suggestion: &Option<String>) -> String {
    let question = |nearest| format!("; did you mean {nearest}?");
    suggestion.as_ref().map_or(String::new(), question)
}

impl Catalogue {
    /// The catalogue that is compiled in, or the file that `TARE_RUNTIME_CATALOGUE` names.
    ///
    /// # Errors
    /// Where that file cannot be read or is no catalogue.
    pub fn from_environment() -> Result<Self, CatalogueError> {
        match std::env::var_os(VARIABLE).filter(|path| !path.is_empty()) {
            Some(path) => Self::read(Path::new(&path)),
            None => Self::parse(COMPILED_IN, "the compiled-in catalogue"),
        }
    }

    /// The catalogue in a file.
    ///
    /// # Errors
    /// Where the file cannot be read or is no catalogue.
    pub fn read(path: &Path) -> Result<Self, CatalogueError> {
        let name = path.display().to_string();
        match std::fs::read_to_string(path) {
            Ok(text) => Self::parse(&text, &name),
            Err(error) => Err(CatalogueError::Unreadable { path: name, error }),
        }
    }

    fn parse(text: &str, path: &str) -> Result<Self, CatalogueError> {
        let malformed = |reason| CatalogueError::Malformed {
            path: path.to_owned(),
            reason,
        };
        let catalogue: Self = toml::from_str(text).map_err(|error| malformed(one_line(&error)))?;
        check::check(&catalogue.packages).map_err(malformed)?;
        Ok(catalogue)
    }

    /// The runtimes, by name and then oldest first.
    pub fn runtimes(&self) -> Vec<&Package> {
        self.sorted(false)
    }

    /// The runtime of this name and version; without a version the newest.
    ///
    /// # Errors
    /// Where there is none, with what there is.
    pub fn runtime(&self, name: &str, version: Option<&str>) -> Result<&Package, UnknownPackage> {
        choose(&self.sorted(false), name, version)
    }

    /// The newest kit of this name.
    ///
    /// # Errors
    /// Where there is none, with what there is.
    pub fn kit(&self, name: &str) -> Result<&Package, UnknownPackage> {
        choose(&self.sorted(true), name, None)
    }

    fn sorted(&self, kit: bool) -> Vec<&Package> {
        let chosen = self.packages.iter().filter(|package| package.kit == kit);
        let mut packages: Vec<&Package> = chosen.collect();
        packages.sort_by(|left, right| {
            let names = left.name.cmp(&right.name);
            names.then_with(|| version::compare(&left.version, &right.version))
        });
        packages
    }
}

impl Package {
    /// Changes with anything that decides what an installation holds.
    pub(crate) fn recipe_sha256(&self) -> String {
        digest::text_sha256(&format!("{self:?}"))
    }
}

fn choose<'a>(
    packages: &[&'a Package],
    name: &str,
    version: Option<&str>,
) -> Result<&'a Package, UnknownPackage> {
    let named: Vec<&'a Package> = packages
        .iter()
        .copied()
        .filter(|package| package.name == name)
        .collect();
    let Some(newest) = named.last() else {
        return Err(unknown_name(packages, name));
    };
    let Some(version) = version else {
        return Ok(newest);
    };
    let found = named
        .iter()
        .copied()
        .find(|package| package.version == version);
    found.ok_or_else(|| unknown_version(&named, name, version))
}

fn unknown_name(packages: &[&Package], name: &str) -> UnknownPackage {
    let mut known: Vec<&str> = packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    known.dedup();
    UnknownPackage::Name {
        name: name.to_owned(),
        suggestion: nearest(name, &known).map(str::to_owned),
        known: known.into_iter().map(str::to_owned).collect(),
    }
}

fn unknown_version(named: &[&Package], name: &str, version: &str) -> UnknownPackage {
    let known: Vec<&str> = named
        .iter()
        .map(|package| package.version.as_str())
        .collect();
    UnknownPackage::Version {
        name: name.to_owned(),
        version: version.to_owned(),
        suggestion: nearest(version, &known).map(str::to_owned),
        known: known.into_iter().map(str::to_owned).collect(),
    }
}

fn one_line(error: &impl ToString) -> String {
    let text = error.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests;
