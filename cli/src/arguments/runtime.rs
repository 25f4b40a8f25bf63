//! What `tare runtime` takes.

use std::path::PathBuf;
use std::str::FromStr;

use clap::Subcommand;

use super::ListFormat;

#[derive(Debug, Subcommand)]
pub enum RuntimeCommand {
    /// List the runtimes: installed, available, damaged, or left over
    List {
        #[arg(long, value_name = "FORMAT", default_value = "table")]
        format: ListFormat,
    },
    /// Fetch a pinned version with pip, check its hash and unpack it
    Install {
        /// Such as onnxruntime, for the newest version, or onnxruntime@1.24.1
        #[arg(value_name = "NAME[@VERSION]")]
        runtime: RuntimeSpec,
        /// A wheel that was fetched before, instead of pip
        #[arg(long, value_name = "FILE")]
        from: Option<PathBuf>,
        /// Install anew what is installed and whole
        #[arg(long)]
        force: bool,
    },
    /// Remove an installed version
    Remove {
        /// Such as onnxruntime, where one version is installed, or onnxruntime@1.24.1
        #[arg(value_name = "NAME[@VERSION]")]
        runtime: RuntimeSpec,
    },
}

/// A runtime by name, and by version where one is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeSpec {
    pub name: String,
    pub version: Option<String>,
}

impl FromStr for RuntimeSpec {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, version) = match text.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (text, None),
        };
        if name.is_empty() || version.is_some_and(str::is_empty) {
            return Err("write NAME or NAME@VERSION, such as onnxruntime@1.24.1".into());
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_runtime_is_a_name_with_or_without_a_version() {
        let spec = |text: &str| {
            let spec: Result<RuntimeSpec, String> = text.parse();
            spec.map(|spec| (spec.name, spec.version))
        };
        assert_eq!(spec("a"), Ok(("a".into(), None)));
        assert_eq!(spec("a@1.0"), Ok(("a".into(), Some("1.0".into()))));
        for text in ["", "@1.0", "a@"] {
            assert!(spec(text).is_err_and(|error| error.contains("NAME@VERSION")));
        }
    }
}
