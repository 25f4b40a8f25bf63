//! How an adapter is written on the command line: `name[@version][:key=value,…]`.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Options of an adapter by name, in alphabetical order.
pub type Options = BTreeMap<String, String>;

/// An adapter, the version of its library, and its options.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct AdapterSpec {
    /// Such as `rten`.
    pub name: String,
    /// Such as `1.31.1`; `None` where any will do.
    pub version: Option<String>,
    /// Options by name.
    pub options: Options,
}

/// Why the text does not name an adapter.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdapterSpecError {
    /// There is no name before `@` or `:`.
    #[error("'{0}' does not name an adapter: write name[@version][:key=value,…], such as rten")]
    NoName(String),
    /// An option is not `key=value`.
    #[error("'{option}' in '{text}' is not an option: write key=value")]
    Option {
        /// What was written.
        text: String,
        /// The part that is wrong.
        option: String,
    },
    /// An option is given twice.
    #[error("option '{key}' stands twice in '{text}': give it once")]
    Twice {
        /// What was written.
        text: String,
        /// The option.
        key: String,
    },
}

impl FromStr for AdapterSpec {
    type Err = AdapterSpecError;

    fn from_str(text: &str) -> Result<Self, AdapterSpecError> {
        let (head, tail) = text.split_once(':').unwrap_or((text, ""));
        let (name, version) = match head.split_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (head, None),
        };
        if name.is_empty() || version == Some("") {
            return Err(AdapterSpecError::NoName(text.to_owned()));
        }
        Ok(Self {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            options: parse_options(text, tail)?,
        })
    }
}

fn parse_options(text: &str, tail: &str) -> Result<Options, AdapterSpecError> {
    let mut options = Options::new();
    for part in tail.split(',').filter(|part| !part.is_empty()) {
        let (key, value) = part
            .split_once('=')
            .filter(|(key, _)| !key.is_empty())
            .ok_or_else(|| AdapterSpecError::Option {
                text: text.to_owned(),
                option: part.to_owned(),
            })?;
        if options.insert(key.to_owned(), value.to_owned()).is_some() {
            return Err(AdapterSpecError::Twice {
                text: text.to_owned(),
                key: key.to_owned(),
            });
        }
    }
    Ok(options)
}

impl fmt::Display for AdapterSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.name.clone();
        if let Some(version) = &self.version {
            text.push('@');
            text.push_str(version);
        }
        for (index, (key, value)) in self.options.iter().enumerate() {
            text.push(if index == 0 { ':' } else { ',' });
            text.push_str(key);
            text.push('=');
            text.push_str(value);
        }
        f.pad(&text)
    }
}

impl From<AdapterSpec> for String {
    fn from(spec: AdapterSpec) -> Self {
        spec.to_string()
    }
}

impl TryFrom<String> for AdapterSpec {
    type Error = AdapterSpecError;

    fn try_from(text: String) -> Result<Self, AdapterSpecError> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spec_reads_back_as_written() {
        for text in [
            "rten",
            "onnxruntime@1.31.1",
            "onnxruntime@1.31.1:ep=cpu,opt=basic",
            "libtorch:mode=script",
        ] {
            let spec: AdapterSpec = text.parse().expect("well formed");
            assert_eq!(spec.to_string(), text);
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let message = |text: &str| {
            text.parse::<AdapterSpec>()
                .expect_err("malformed")
                .to_string()
        };
        assert!(message(":a=b").starts_with("':a=b' does not name an adapter"));
        assert_eq!(
            message("rten:fast"),
            "'fast' in 'rten:fast' is not an option: write key=value"
        );
        assert_eq!(
            message("rten:a=1,a=2"),
            "option 'a' stands twice in 'rten:a=1,a=2': give it once"
        );
    }
}
