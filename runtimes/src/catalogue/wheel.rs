//! A wheel: an archive that pip fetches, whose file name says what it is for.

use serde::Deserialize;
use tare_units::Bytes;

/// One archive of a package, and which of its members are wanted.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Wheel {
    /// Its file name as published: `name-version-python-abi-platform.whl`.
    pub file: String,
    /// Its size.
    pub bytes: Bytes,
    /// Its sha256 in lower-case hexadecimal digits.
    pub sha256: String,
    /// What is taken off the paths of its members.
    #[serde(default)]
    pub below: String,
    /// What is unpacked, relative to `below`; a name that ends in `/` is a folder with all that it holds.
    pub members: Vec<String>,
    /// The size of all members, which nothing unpacked exceeds.
    pub unpacked: Bytes,
}

/// What a wheel's file name says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tags<'a> {
    /// The distribution's name.
    pub name: &'a str,
    /// Its version.
    pub version: &'a str,
    python: &'a str,
    platforms: &'a str,
}

/// The Python that pip is asked for where a wheel serves any.
const ANY_PYTHON: &str = "3.11";

impl Wheel {
    /// What the file name says; nothing where it is not written as one of a wheel.
    pub(crate) fn tags(&self) -> Option<Tags<'_>> {
        let parts: Vec<&str> = self.file.strip_suffix(".whl")?.split('-').collect();
        match parts.as_slice() {
            [name, version, python, _abi, platforms]
                if parts.iter().all(|part| !part.is_empty()) =>
            {
                Some(Tags {
                    name,
                    version,
                    python,
                    platforms,
                })
            }
            _ => None,
        }
    }
}

impl Tags<'_> {
    /// The version of Python that the wheel is for: `cp311` is 3.11.
    pub fn python(&self) -> String {
        let digits = self
            .python
            .strip_prefix("cp3")
            .filter(|minor| !minor.is_empty());
        digits.map_or(ANY_PYTHON.to_owned(), |minor| format!("3.{minor}"))
    }

    /// The platforms that the wheel is for.
    pub fn platforms(&self) -> impl Iterator<Item = &str> {
        self.platforms.split('.')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel(file: &str) -> Wheel {
        Wheel {
            file: file.into(),
            bytes: Bytes::from_bytes(1),
            sha256: String::new(),
            below: String::new(),
            members: Vec::new(),
            unpacked: Bytes::from_bytes(1),
        }
    }

    #[test]
    fn a_file_name_says_what_pip_is_asked_for() {
        let wheel = wheel(
            "onnxruntime_gpu-1.31.1-cp311-cp311-manylinux_2_27_x86_64.manylinux_2_28_x86_64.whl",
        );
        let tags = wheel.tags().expect("well formed");
        assert_eq!((tags.name, tags.version), ("onnxruntime_gpu", "1.31.1"));
        assert_eq!(tags.python(), "3.11");
        let platforms: Vec<&str> = tags.platforms().collect();
        assert_eq!(
            platforms,
            ["manylinux_2_27_x86_64", "manylinux_2_28_x86_64"]
        );
    }

    #[test]
    fn a_wheel_for_any_python_is_asked_for_with_some() {
        let wheel = wheel("cudart-13.0-py3-none-manylinux2014_x86_64.whl");
        assert_eq!(
            wheel.tags().map(|tags| tags.python()),
            Some(ANY_PYTHON.into())
        );
    }

    #[test]
    fn another_file_name_says_nothing() {
        for file in [
            "a.zip",
            "a-1-cp311-cp311.whl",
            "a-1-cp311--linux.whl",
            "a-1-b-cp311-cp311-linux.whl",
        ] {
            assert_eq!(wheel(file).tags(), None, "{file}");
        }
    }
}
