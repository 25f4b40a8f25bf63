//! What can be chosen: the adapter's options, each with ONNX Runtime's own default.

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;

use ort::session::builder::GraphOptimizationLevel;
use tare_adapter_api::{AdapterError, Options, check_options, choice, flag};

use crate::NAME;
use crate::library::Unavailable;

const ARENA: &str = "arena";
const EP: &str = "ep";
const FALLBACK: &str = "fallback";
const INTER: &str = "inter";
const LIBRARY: &str = "library";
const MEMORY_PATTERN: &str = "memory_pattern";
const MODE: &str = "mode";
const OPT: &str = "opt";
const SPIN: &str = "spin";

const KNOWN: [&str; 9] = [
    ARENA,
    EP,
    FALLBACK,
    INTER,
    LIBRARY,
    MEMORY_PATTERN,
    MODE,
    OPT,
    SPIN,
];

/// How far the graph is rewritten before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Optimization {
    None,
    Basic,
    Extended,
    All,
}

/// The execution provider that operators are placed on first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Provider {
    Cpu,
    Cuda,
    TensorRt,
}

/// The options as understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) library: Option<PathBuf>,
    pub(crate) optimization: Optimization,
    pub(crate) inter: NonZeroUsize,
    pub(crate) parallel: bool,
    pub(crate) memory_pattern: bool,
    pub(crate) arena: bool,
    pub(crate) spin: bool,
    pub(crate) provider: Provider,
    /// Whether operators that the provider does not take may run on the processor.
    pub(crate) fallback: bool,
}

const OPTIMIZATIONS: [(&str, Optimization); 4] = [
    ("none", Optimization::None),
    ("basic", Optimization::Basic),
    ("extended", Optimization::Extended),
    ("all", Optimization::All),
];

const PROVIDERS: [(&str, Provider); 3] = [
    ("cpu", Provider::Cpu),
    ("cuda", Provider::Cuda),
    ("tensorrt", Provider::TensorRt),
];

const MODES: [(&str, bool); 2] = [("sequential", false), ("parallel", true)];

impl Settings {
    pub(crate) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &KNOWN)?;
        let parallel = choice(NAME, options, MODE, &MODES, false)?;
        let settings = Self {
            library: options.get(LIBRARY).map(PathBuf::from),
            optimization: choice(NAME, options, OPT, &OPTIMIZATIONS, Optimization::All)?,
            inter: inter(options)?,
            parallel,
            memory_pattern: flag(NAME, options, MEMORY_PATTERN, !parallel)?,
            arena: flag(NAME, options, ARENA, true)?,
            spin: flag(NAME, options, SPIN, true)?,
            provider: choice(NAME, options, EP, &PROVIDERS, Provider::Cpu)?,
            fallback: flag(NAME, options, FALLBACK, false)?,
        };
        match settings.without_effect() {
            None => Ok(settings),
            Some((key, reason)) => Err(refused(options, key, reason)),
        }
    }

    /// Whether nodes on the processor are an error.
    pub(crate) fn forbids_cpu_nodes(&self) -> bool {
        self.provider != Provider::Cpu && !self.fallback
    }

    /// Every option in force, defaults included.
    pub(crate) fn in_force(&self) -> BTreeMap<String, String> {
        let mut options = vec![
            (ARENA, self.arena.to_string()),
            (EP, word(&PROVIDERS, self.provider)),
            (INTER, self.inter.to_string()),
            (MEMORY_PATTERN, self.memory_pattern.to_string()),
            (MODE, word(&MODES, self.parallel)),
            (OPT, word(&OPTIMIZATIONS, self.optimization)),
            (SPIN, self.spin.to_string()),
        ];
        if self.provider != Provider::Cpu {
            options.push((FALLBACK, self.fallback.to_string()));
        }
        if let Some(library) = &self.library {
            options.push((LIBRARY, library.display().to_string()));
        }
        let owned = |(key, value): (&str, String)| (key.to_owned(), value);
        options.into_iter().map(owned).collect()
    }

    /// An option that ONNX Runtime would drop without a word, so that the record would tell what was not in force.
    fn without_effect(&self) -> Option<(&'static str, &'static str)> {
        if self.parallel && self.provider != Provider::Cpu {
            return Some((
                MODE,
                "ONNX Runtime executes in parallel with ep=cpu only: leave one of the two out",
            ));
        }
        if self.parallel && self.inter.get() == 1 {
            return Some((
                MODE,
                "with one inter-op thread nothing runs in parallel: add inter=2 or more",
            ));
        }
        if self.parallel && self.memory_pattern {
            return Some((
                MEMORY_PATTERN,
                "there is no memory pattern with mode=parallel: leave it out",
            ));
        }
        if !self.parallel && self.inter.get() > 1 {
            return Some((
                INTER,
                "inter-op threads do nothing with mode=sequential: add mode=parallel",
            ));
        }
        if self.fallback && self.provider == Provider::Cpu {
            return Some((
                FALLBACK,
                "with ep=cpu there is nothing to fall back from: leave it out",
            ));
        }
        None
    }
}

impl Optimization {
    pub(crate) fn level(self) -> GraphOptimizationLevel {
        match self {
            Self::None => GraphOptimizationLevel::Disable,
            Self::Basic => GraphOptimizationLevel::Level1,
            Self::Extended => GraphOptimizationLevel::Level2,
            Self::All => GraphOptimizationLevel::All,
        }
    }
}

fn inter(options: &Options) -> Result<NonZeroUsize, AdapterError> {
    let Some(value) = options.get(INTER) else {
        return Ok(NonZeroUsize::MIN);
    };
    let number = value.parse::<u16>().ok();
    number
        .and_then(|number| NonZeroUsize::new(usize::from(number)))
        .ok_or_else(|| refused(options, INTER, "write a number of threads from 1 to 65535"))
}

/// The refusal of an option, with what would be accepted as its remedy.
pub(crate) fn unavailable(refusal: AdapterError) -> Unavailable {
    let AdapterError::Option {
        adapter,
        option,
        reason,
    } = &refusal
    else {
        return Unavailable {
            reason: refusal.to_string(),
            remedy: "leave the options out".to_owned(),
        };
    };
    let head = format!("adapter '{adapter}' refuses option '{option}'");
    let parts = reason.split_once("; ").or_else(|| reason.split_once(": "));
    match parts {
        Some((why, remedy)) => Unavailable {
            reason: format!("{head}: {why}"),
            remedy: remedy.to_owned(),
        },
        None => Unavailable {
            reason: head,
            remedy: reason.clone(),
        },
    }
}

fn refused(options: &Options, key: &str, reason: &str) -> AdapterError {
    let value = options.get(key).map_or("", String::as_str);
    AdapterError::Option {
        adapter: NAME,
        option: format!("{key}={value}"),
        reason: reason.to_owned(),
    }
}

fn word<T: PartialEq>(words: &[(&str, T)], meaning: T) -> String {
    let found = words.iter().find(|(_, known)| *known == meaning);
    found.map_or("", |(word, _)| word).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(pairs: &[(&str, &str)]) -> Options {
        let owned = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    fn in_force(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let settings = Settings::read(&options(pairs)).expect("well formed");
        settings.in_force()
    }

    #[track_caller]
    fn refuses(pairs: &[(&str, &str)], message: &str) {
        let refusal = Settings::read(&options(pairs)).expect_err("refused");
        assert_eq!(
            refusal.to_string(),
            format!("adapter 'onnxruntime' refuses option {message}")
        );
    }

    #[test]
    fn defaults_are_those_of_onnx_runtime() {
        let defaults = [
            ("arena", "true"),
            ("ep", "cpu"),
            ("inter", "1"),
            ("memory_pattern", "true"),
            ("mode", "sequential"),
            ("opt", "all"),
            ("spin", "true"),
        ];
        assert_eq!(in_force(&[]), options(&defaults));
        assert_eq!(in_force(&defaults), options(&defaults));
    }

    #[test]
    fn what_is_chosen_is_in_force() {
        let chosen = [
            ("arena", "false"),
            ("ep", "cpu"),
            ("inter", "2"),
            ("library", "/opt/lib.so"),
            ("memory_pattern", "false"),
            ("mode", "parallel"),
            ("opt", "extended"),
            ("spin", "false"),
        ];
        assert_eq!(in_force(&chosen), options(&chosen));
        let gpu = in_force(&[("ep", "cuda"), ("fallback", "true")]);
        assert_eq!(gpu.get("fallback").map(String::as_str), Some("true"));
    }

    #[test]
    fn the_memory_pattern_is_off_where_onnx_runtime_turns_it_off() {
        let parallel = in_force(&[("mode", "parallel"), ("inter", "2")]);
        assert_eq!(
            parallel.get("memory_pattern").map(String::as_str),
            Some("false")
        );
    }

    #[test]
    fn each_level_is_onnx_runtimes() {
        let levels = OPTIMIZATIONS.map(|(_, level)| format!("{:?}", level.level()));
        assert_eq!(levels, ["Disable", "Level1", "Level2", "All"]);
    }

    #[test]
    fn nodes_on_the_processor_are_forbidden_where_a_gpu_was_asked_for_alone() {
        let forbids = |pairs: &[(&str, &str)]| {
            let settings = Settings::read(&options(pairs)).expect("well formed");
            settings.forbids_cpu_nodes()
        };
        assert!(!forbids(&[]));
        for ep in ["cuda", "tensorrt"] {
            assert!(forbids(&[("ep", ep)]), "{ep}");
            assert!(!forbids(&[("ep", ep), ("fallback", "true")]), "{ep}");
        }
    }

    #[test]
    fn values_that_mean_nothing_are_refused() {
        refuses(
            &[("opt", "most")],
            "'opt=most': use none or basic or extended or all",
        );
        refuses(&[("ep", "npu")], "'ep=npu': use cpu or cuda or tensorrt");
        for inter in ["0", "-1", "two", "65536"] {
            refuses(
                &[("inter", inter)],
                &format!("'inter={inter}': write a number of threads from 1 to 65535"),
            );
        }
        refuses(&[("spin", "no")], "'spin=no': write true or false");
    }

    #[test]
    fn a_refusal_tells_what_would_be_accepted_once_and_as_the_remedy() {
        let told = |pairs: &[(&str, &str)]| {
            let told = unavailable(Settings::read(&options(pairs)).expect_err("refused"));
            (told.reason, told.remedy)
        };
        let refuses = |what: &str| format!("adapter 'onnxruntime' refuses option {what}");
        assert_eq!(
            told(&[("opt", "most")]),
            (
                refuses("'opt=most'"),
                "use none or basic or extended or all".to_owned()
            )
        );
        assert_eq!(
            told(&[("fast", "1")]),
            (
                refuses("'fast=1': unknown"),
                format!("use {}", KNOWN.join(", "))
            )
        );
        assert_eq!(
            told(&[("inter", "2")]),
            (
                refuses("'inter=2': inter-op threads do nothing with mode=sequential"),
                "add mode=parallel".to_owned()
            )
        );
    }

    #[test]
    fn options_that_would_be_dropped_without_a_word_are_refused() {
        refuses(
            &[("mode", "parallel")],
            "'mode=parallel': with one inter-op thread nothing runs in parallel: add inter=2 or more",
        );
        refuses(
            &[("inter", "2")],
            "'inter=2': inter-op threads do nothing with mode=sequential: add mode=parallel",
        );
        refuses(
            &[
                ("inter", "2"),
                ("memory_pattern", "true"),
                ("mode", "parallel"),
            ],
            "'memory_pattern=true': there is no memory pattern with mode=parallel: leave it out",
        );
        refuses(
            &[("ep", "cuda"), ("inter", "2"), ("mode", "parallel")],
            "'mode=parallel': ONNX Runtime executes in parallel with ep=cpu only: leave one of the two out",
        );
        refuses(
            &[("fallback", "true")],
            "'fallback=true': with ep=cpu there is nothing to fall back from: leave it out",
        );
    }
}
