//! Reading one option after another, each with its own refusal.

use std::fmt::Display;
use std::str::FromStr;

use tare_adapter_api::{AdapterError, Options};
use tare_units::Nanoseconds;

use crate::NAME;

/// The option parsed, or its default.
pub(crate) fn value<T>(options: &Options, key: &str, default: T) -> Result<T, AdapterError>
where
    T: FromStr,
    T::Err: Display,
{
    options.get(key).map_or(Ok(default), |text| {
        text.parse()
            .map_err(|error: T::Err| refusal(key, text, error.to_string()))
    })
}

/// One of a few words, or the first where the option is left out.
pub(crate) fn word<T: Copy>(
    options: &Options,
    key: &str,
    words: &[(&str, T)],
    default: T,
) -> Result<T, AdapterError> {
    let Some(text) = options.get(key) else {
        return Ok(default);
    };
    words
        .iter()
        .find(|(word, _)| word == text)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let listed: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            refusal(key, text, format!("use one of {}", listed.join(", ")))
        })
}

/// `COUNTxDURATION`, such as `5x3ms`.
pub(crate) fn repeated(options: &Options, key: &str) -> Result<(u64, Nanoseconds), AdapterError> {
    let Some(text) = options.get(key) else {
        return Ok((0, Nanoseconds::ZERO));
    };
    text.split_once('x')
        .and_then(|(count, time)| Some((count.parse().ok()?, time.parse().ok()?)))
        .ok_or_else(|| refusal(key, text, "write COUNTxDURATION, such as 5x3ms".to_owned()))
}

/// A share of at most one half, written in percent; nothing where the option is left out.
pub(crate) fn percent(options: &Options, key: &str) -> Result<f64, AdapterError> {
    let Some(text) = options.get(key) else {
        return Ok(0.0);
    };
    let number = text
        .strip_suffix('%')
        .and_then(|number| number.parse::<f64>().ok());
    let share = number.filter(|number| (0.0..=50.0).contains(number));
    share.map(|share| share / 100.0).ok_or_else(|| {
        refusal(
            key,
            text,
            "write a share of at most 50%, such as 2%".to_owned(),
        )
    })
}

pub(crate) fn refusal(key: &str, value: &str, reason: String) -> AdapterError {
    AdapterError::Option {
        adapter: NAME,
        option: format!("{key}={value}"),
        reason,
    }
}
