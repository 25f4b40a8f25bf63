//! What can be chosen: the adapter's options, and what the environment must not choose behind its back.

use std::ffi::OsString;

use tare_adapter_api::{AdapterError, Options, RuntimeFacts, check_options, flag};

use crate::{NAME, VERSION};

/// What mends a refusal of [`Settings::read`].
pub(crate) const REMEDY: &str = "use optimize=true|false, and unset tract's own variables";

const OPTIMIZE: &str = "optimize";

/// With it begin the names of the variables that choose kernels and thresholds of tract.
const DISTURBING: &str = "TRACT_";

/// The options in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) optimize: bool,
}

impl Settings {
    pub(crate) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &[OPTIMIZE])?;
        refuse_disturbing(std::env::vars_os().map(|(name, _)| name))?;
        Ok(Self {
            optimize: flag(NAME, options, OPTIMIZE, true)?,
        })
    }

    pub(crate) fn facts(self) -> RuntimeFacts {
        RuntimeFacts {
            name: NAME.to_owned(),
            version: VERSION.to_owned(),
            options: [(OPTIMIZE.to_owned(), self.optimize.to_string())].into(),
            ..RuntimeFacts::default()
        }
    }
}

fn refuse_disturbing(names: impl Iterator<Item = OsString>) -> Result<(), AdapterError> {
    let mut names = names.filter_map(|name| name.into_string().ok());
    match names.find(|name| name.starts_with(DISTURBING)) {
        None => Ok(()),
        Some(name) => Err(AdapterError::Unsupported(format!(
            "the environment variable {name} changes what tract executes: unset it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_to_optimize() {
        let settings = Settings::read(&Options::new()).expect("no options");
        let facts = settings.facts();
        assert_eq!(
            (facts.name.as_str(), facts.version.as_str()),
            (NAME, VERSION)
        );
        assert_eq!(
            facts.options,
            Options::from([("optimize".to_owned(), "true".to_owned())])
        );
    }

    #[test]
    fn options_are_read_and_others_refused() {
        let read = |key: &str, value: &str| {
            Settings::read(&Options::from([(key.to_owned(), value.to_owned())]))
        };
        assert_eq!(read("optimize", "false"), Ok(Settings { optimize: false }));
        assert_eq!(
            read("prepack", "true").expect_err("unknown").to_string(),
            "adapter 'tract' refuses option 'prepack=true': unknown; use optimize"
        );
    }

    #[test]
    fn variables_that_change_what_is_measured_are_refused() {
        let names = |names: &[&str]| {
            let names: Vec<OsString> = names.iter().map(OsString::from).collect();
            refuse_disturbing(names.into_iter())
        };
        assert_eq!(names(&["HOME", "MY_TRACT_NOTES"]), Ok(()));
        assert_eq!(
            names(&["HOME", "TRACT_X86_KIND"])
                .expect_err("set")
                .to_string(),
            "the environment variable TRACT_X86_KIND changes what tract executes: unset it"
        );
    }

    #[test]
    fn the_version_is_the_one_compiled_in() {
        let manifest = include_str!("../../../Cargo.toml");
        for line in [
            format!("tract-onnx = \"={VERSION}\""),
            format!("tract-linalg = {{ version = \"={VERSION}\""),
        ] {
            assert!(manifest.contains(&line), "the workspace pins no {line}");
        }
    }
}
