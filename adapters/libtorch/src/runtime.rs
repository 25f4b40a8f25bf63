//! What runs, told once everything is timed, and the state of the process and the thread that it runs in.

use std::num::NonZeroUsize;
use std::sync::{Once, OnceLock};

use tare_adapter_api::{AdapterError, RuntimeFacts};
use tch::NoGradGuard;

use crate::VERSION;
use crate::settings::Settings;
use crate::shim::{self, Inference};

/// A thread that computes no gradients, for as long as the value lives.
pub(crate) struct WithoutGradients {
    _inference: Option<Inference>,
    _no_grad: Option<NoGradGuard>,
}

impl WithoutGradients {
    /// In inference mode where the settings say so.
    pub(crate) fn enter(settings: Settings) -> Self {
        if settings.inference {
            return Self {
                _inference: Inference::enter(),
                _no_grad: None,
            };
        }
        Self {
            _inference: None,
            _no_grad: Some(tch::no_grad_guard()),
        }
    }
}

/// Refuses a library other than the one that this program is made for, such as an `LD_LIBRARY_PATH` may bring in.
///
/// # Errors
/// `Unsupported`, naming both versions.
pub(crate) fn check_library() -> Result<(), AdapterError> {
    fitting(&shim::version())
}

fn fitting(version: &str) -> Result<(), AdapterError> {
    if version == VERSION {
        return Ok(());
    }
    let file = shim::library().unwrap_or_default();
    Err(AdapterError::Unsupported(format!(
        "libtorch {version} was loaded from '{}' but this program is made for {VERSION}: have LD_LIBRARY_PATH name that version, or nothing",
        file.display()
    )))
}

/// Sets the switches, and lets this many threads of the process execute operators, one operator at a time.
///
/// # Errors
/// `Load` where libtorch does not take a switch.
pub(crate) fn prepare(settings: Settings, threads: NonZeroUsize) -> Result<(), AdapterError> {
    static ONE_OPERATOR_AT_A_TIME: Once = Once::new();
    ONE_OPERATOR_AT_A_TIME.call_once(|| tch::set_num_interop_threads(1));
    tch::set_num_threads(i32::try_from(threads.get()).unwrap_or(i32::MAX));
    let set = settings.switches.apply();
    set.map_err(|error| AdapterError::Load(error.to_string()))
}

/// The library with its hash, the options in force, and how many calls the adapter dispatches for a request.
///
/// Reads the whole library the first time.
pub(crate) fn facts(settings: Settings, dispatched_calls: Option<u64>) -> RuntimeFacts {
    static SHA256: OnceLock<Option<String>> = OnceLock::new();
    let hash = || tare_runtimes::file_sha256(&shim::library()?).ok();
    RuntimeFacts {
        library_sha256: SHA256.get_or_init(hash).clone(),
        dispatched_calls,
        ..settings.facts()
    }
}

#[cfg(test)]
mod tests {
    use tare_adapter_api::Options;

    use super::*;

    fn settings(key: &str, value: &str) -> Settings {
        let options = Options::from([(key.to_owned(), value.to_owned())]);
        Settings::read(&options).expect("known")
    }

    #[test]
    fn the_library_is_told_with_its_hash() {
        let facts = facts(settings("mkldnn", "true"), Some(3));
        let file = shim::library().expect("a file");
        assert_eq!(facts.library_sha256, tare_runtimes::file_sha256(&file).ok());
        assert_eq!(facts.library_sha256.map(|hash| hash.len()), Some(64));
        assert_eq!(facts.dispatched_calls, Some(3));
    }

    #[test]
    fn another_library_than_the_one_compiled_against_is_refused() {
        assert_eq!(check_library(), Ok(()));
        let refusal = fitting("2.12.0").expect_err("another").to_string();
        assert!(
            refusal.starts_with("libtorch 2.12.0 was loaded from '/"),
            "{refusal}"
        );
        assert!(refusal.contains("made for 2.11.0"), "{refusal}");
    }

    #[test]
    fn inference_mode_is_entered_only_where_it_is_asked_for() {
        for (value, is_on) in [("true", true), ("false", false)] {
            let _guard = WithoutGradients::enter(settings("inference_mode", value));
            assert_eq!(Inference::is_on(), is_on);
            let x = tch::Tensor::zeros([1], tch::kind::FLOAT_CPU).set_requires_grad(!is_on);
            assert!(!(&x + 1.0).requires_grad());
        }
        assert!(!Inference::is_on());
    }

    #[test]
    fn threads_and_switches_are_those_asked_for() {
        for (value, count) in [("false", 2), ("true", 1)] {
            let settings = settings("mkldnn", value);
            let threads = NonZeroUsize::new(count).expect("not zero");
            prepare(settings, threads).expect("sets");
            assert_eq!(tch::get_num_threads(), count as i32);
            assert_eq!(shim::Switches::in_force(), settings.switches);
        }
        assert_eq!(tch::get_num_interop_threads(), 1);
    }
}
