//! What can be chosen: the adapter's options, and what the environment must not choose behind its back.

use tare_adapter_api::{AdapterError, Options, RuntimeFacts, check_options, flag};

use crate::{NAME, VERSION};

/// What mends a refusal of [`Settings::read`].
pub(crate) const REMEDY: &str =
    "use prepack=true|false and optimize=true|false, and unset rten's own variables";

const PREPACK: &str = "prepack";
const OPTIMIZE: &str = "optimize";

/// Variables with which rten would print within the timed bracket or execute differently from what is recorded.
const DISTURBING: [&str; 4] = [
    "RTEN_TIMING",
    "RTEN_USE_POOL",
    "RTEN_INFER_SHAPES_DEBUG",
    "RTEN_OPTIMIZER_DEBUG",
];

/// The options in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) prepack: bool,
    pub(crate) optimize: bool,
}

impl Settings {
    pub(crate) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &[OPTIMIZE, PREPACK])?;
        refuse_disturbing(|name| std::env::var_os(name).is_some())?;
        Ok(Self {
            prepack: flag(NAME, options, PREPACK, true)?,
            optimize: flag(NAME, options, OPTIMIZE, true)?,
        })
    }

    pub(crate) fn facts(self) -> RuntimeFacts {
        RuntimeFacts {
            name: NAME.to_owned(),
            version: VERSION.to_owned(),
            options: [(PREPACK, self.prepack), (OPTIMIZE, self.optimize)]
                .map(|(key, value)| (key.to_owned(), value.to_string()))
                .into(),
            ..RuntimeFacts::default()
        }
    }
}

fn refuse_disturbing(is_set: impl Fn(&str) -> bool) -> Result<(), AdapterError> {
    match DISTURBING.iter().find(|name| is_set(name)) {
        None => Ok(()),
        Some(name) => Err(AdapterError::Unsupported(format!(
            "the environment variable {name} changes what rten executes or prints: unset it"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Options {
        pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect()
    }

    #[test]
    fn defaults_are_those_of_a_careful_user() {
        let settings = Settings::read(&Options::new()).expect("no options");
        assert_eq!(
            settings.facts().options,
            options(&[("optimize", "true"), ("prepack", "true")])
        );
    }

    #[test]
    fn options_are_read_and_others_refused() {
        let settings = Settings::read(&options(&[("prepack", "false"), ("optimize", "false")]));
        assert_eq!(
            settings,
            Ok(Settings {
                prepack: false,
                optimize: false
            })
        );
        assert_eq!(
            Settings::read(&options(&[("threads", "4")]))
                .expect_err("unknown")
                .to_string(),
            "adapter 'rten' refuses option 'threads=4': unknown; use optimize, prepack"
        );
    }

    #[test]
    fn variables_that_change_what_is_measured_are_refused() {
        assert_eq!(refuse_disturbing(|_| false), Ok(()));
        let refusal = refuse_disturbing(|name| name == "RTEN_TIMING").expect_err("set");
        assert!(refusal.to_string().contains("RTEN_TIMING"), "{refusal}");
    }

    #[test]
    fn the_version_is_the_one_compiled_in() {
        let manifest = include_str!("../../../Cargo.toml");
        assert!(
            manifest.contains(&format!("rten = {{ version = \"={VERSION}\"")),
            "the workspace pins another rten than {VERSION}"
        );
    }
}
