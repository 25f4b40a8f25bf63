//! Refusals that every adapter words alike: unknown options, wrong versions, inputs that do not fit.

use tare_models::{Tensor, TensorSpec};

use crate::error::AdapterError;
use crate::options::Options;

/// Refuses an option that is not in `known`.
///
/// # Errors
/// `Option` with the list of those that exist.
pub fn check_options(
    adapter: &'static str,
    options: &Options,
    known: &[&str],
) -> Result<(), AdapterError> {
    let Some((key, value)) = options
        .iter()
        .find(|(key, _)| !known.contains(&key.as_str()))
    else {
        return Ok(());
    };
    let reason = if known.is_empty() {
        "it has no options".to_owned()
    } else {
        format!("unknown; use {}", known.join(", "))
    };
    Err(AdapterError::Option {
        adapter,
        option: format!("{key}={value}"),
        reason,
    })
}

/// An option that is `true` or `false`.
///
/// # Errors
/// `Option` where it is anything else.
pub fn flag(
    adapter: &'static str,
    options: &Options,
    key: &str,
    default: bool,
) -> Result<bool, AdapterError> {
    let Some(value) = options.get(key) else {
        return Ok(default);
    };
    value.parse().map_err(|_| AdapterError::Option {
        adapter,
        option: format!("{key}={value}"),
        reason: "write true or false".to_owned(),
    })
}

/// An option that is one of some words.
///
/// # Errors
/// `Option` with the words that would be accepted.
pub fn choice<T: Copy>(
    adapter: &'static str,
    options: &Options,
    key: &str,
    words: &[(&str, T)],
    default: T,
) -> Result<T, AdapterError> {
    let Some(value) = options.get(key) else {
        return Ok(default);
    };
    let found = words.iter().find(|(word, _)| word == value);
    found.map(|(_, meaning)| *meaning).ok_or_else(|| {
        let words: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        AdapterError::Option {
            adapter,
            option: format!("{key}={value}"),
            reason: format!("use {}", words.join(" or ")),
        }
    })
}

/// Refuses inputs whose number, element types or shapes are not those that the model was loaded for.
///
/// # Errors
/// `Run`, naming the input.
pub fn check_inputs(specs: &[TensorSpec], inputs: &[Tensor]) -> Result<(), AdapterError> {
    if specs.len() != inputs.len() {
        return Err(AdapterError::Run(format!(
            "the model takes {} inputs but {} were given",
            specs.len(),
            inputs.len()
        )));
    }
    let misfit = specs
        .iter()
        .zip(inputs)
        .find(|(spec, input)| spec.dtype != input.dtype() || spec.shape != input.shape());
    match misfit {
        None => Ok(()),
        Some((spec, input)) => Err(AdapterError::Run(format!(
            "input '{}' is {} {:?} but {} {:?} was given",
            spec.name,
            spec.dtype,
            spec.shape,
            input.dtype(),
            input.shape()
        ))),
    }
}

/// Refuses a version other than the only one that is `here`.
///
/// # Errors
/// `Unsupported`, naming the version that is here.
pub fn check_version(
    adapter: &'static str,
    asked: Option<&str>,
    here: &str,
) -> Result<(), AdapterError> {
    match asked.filter(|asked| *asked != here) {
        None => Ok(()),
        Some(asked) => Err(AdapterError::Unsupported(format!(
            "{adapter}@{asked} is not here: this is {adapter}@{here}; leave '@{asked}' out or write that version"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use tare_models::DataType;

    use super::*;

    fn options(key: &str, value: &str) -> Options {
        Options::from([(key.to_owned(), value.to_owned())])
    }

    #[test]
    fn an_unknown_option_is_refused_with_those_that_exist() {
        let refusal = |known: &[&str]| {
            check_options("rten", &options("fast", "1"), known)
                .expect_err("unknown")
                .to_string()
        };
        assert_eq!(
            refusal(&["optimize", "prepack"]),
            "adapter 'rten' refuses option 'fast=1': unknown; use optimize, prepack"
        );
        assert_eq!(
            refusal(&[]),
            "adapter 'rten' refuses option 'fast=1': it has no options"
        );
        assert!(check_options("rten", &options("fast", "1"), &["fast"]).is_ok());
    }

    #[test]
    fn a_flag_is_true_or_false_or_its_default() {
        assert_eq!(flag("rten", &Options::new(), "prepack", true), Ok(true));
        let off = options("prepack", "false");
        assert_eq!(flag("rten", &off, "prepack", true), Ok(false));
        assert_eq!(
            flag("rten", &options("prepack", "yes"), "prepack", true)
                .expect_err("neither")
                .to_string(),
            "adapter 'rten' refuses option 'prepack=yes': write true or false"
        );
    }

    #[test]
    fn inputs_that_do_not_fit_are_named() {
        let specs = [TensorSpec {
            name: "x".to_owned(),
            dtype: DataType::F32,
            shape: vec![2],
        }];
        let fits = Tensor::from_values(vec![2], vec![0.0f32; 2]).expect("fits");
        let longer = Tensor::from_values(vec![3], vec![0.0f32; 3]).expect("fits");
        let other = Tensor::from_values(vec![2], vec![0i32; 2]).expect("fits");
        let refusal = |inputs: &[Tensor]| {
            check_inputs(&specs, inputs)
                .expect_err("does not fit")
                .to_string()
        };
        assert_eq!(check_inputs(&specs, &[fits]), Ok(()));
        assert_eq!(
            refusal(&[]),
            "the request failed: the model takes 1 inputs but 0 were given"
        );
        assert_eq!(
            refusal(&[longer]),
            "the request failed: input 'x' is f32 [2] but f32 [3] was given"
        );
        assert_eq!(
            refusal(&[other]),
            "the request failed: input 'x' is f32 [2] but i32 [2] was given"
        );
    }

    #[test]
    fn only_the_version_that_is_here_is_accepted() {
        assert_eq!(check_version("rten", None, "0.27.0"), Ok(()));
        assert_eq!(check_version("rten", Some("0.27.0"), "0.27.0"), Ok(()));
        assert_eq!(
            check_version("rten", Some("0.26.0"), "0.27.0")
                .expect_err("another")
                .to_string(),
            "rten@0.26.0 is not here: this is rten@0.27.0; leave '@0.26.0' out or write that version"
        );
    }

    #[test]
    fn a_choice_is_one_of_its_words_or_its_default() {
        let words = [("none", 0), ("all", 3)];
        assert_eq!(choice("ort", &Options::new(), "opt", &words, 3), Ok(3));
        assert_eq!(
            choice("ort", &options("opt", "none"), "opt", &words, 3),
            Ok(0)
        );
        assert_eq!(
            choice("ort", &options("opt", "most"), "opt", &words, 3)
                .expect_err("no such word")
                .to_string(),
            "adapter 'ort' refuses option 'opt=most': use none or all"
        );
    }
}
