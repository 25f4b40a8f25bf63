//! Removing: out of sight at once, then gone.

use crate::catalogue::check::is_plain;
use crate::find::Runtimes;
use crate::install::{InstallError, Lock, unfinished};
use crate::observe::Observer;

/// What is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Removed {
    /// A runtime of this version.
    Version(String),
    /// What an interrupted installation left; the runtime that was asked for was not there.
    Leftovers,
}

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum RemoveError {
    /// It is not there.
    #[error("{asked} is not installed in {place}: {}", there(installed))]
    Absent {
        /// What was asked for.
        asked: String,
        /// The folder of runtimes.
        place: String,
        /// The versions of that name that are there.
        installed: Vec<String>,
    },
    /// Several versions are there.
    #[error("{name} is installed in several versions: name one, such as {name}@{} (there are {})", installed.first().map_or("", String::as_str), installed.join(", "))]
    Ambiguous {
        /// The runtime.
        name: String,
        /// Its versions that are there, oldest first.
        installed: Vec<String>,
    },
    /// It could not be removed.
    #[error(transparent)]
    Failed(#[from] InstallError),
}

impl Runtimes {
    /// Removes a runtime, without a version the only one of that name, and what interrupted installations of that name left.
    ///
    /// # Errors
    /// Where it is not there, several are, or the folder cannot be changed.
    pub fn remove(
        &self,
        name: &str,
        version: Option<&str>,
        observer: &mut dyn Observer,
    ) -> Result<Removed, RemoveError> {
        let folder = self.dir().join(name);
        if !is_plain(name) || unfinished(&folder).is_empty() {
            self.choose(name, version)?;
        }
        let lock = Lock::take(&folder, observer)?;
        let chosen = match self.choose(name, version) {
            Err(RemoveError::Absent { .. }) if lock.swept() => return Ok(Removed::Leftovers),
            chosen => chosen?,
        };
        let dir = self.place(name, &chosen);
        let scratch = lock.scratch()?;
        std::fs::rename(&dir, scratch.path("old")).map_err(InstallError::write(&dir))?;
        Ok(Removed::Version(chosen))
    }

    fn choose(&self, name: &str, version: Option<&str>) -> Result<String, RemoveError> {
        let there = self.versions(name);
        let matching = |found: &&String| version.is_none_or(|version| version == *found);
        match there.iter().filter(matching).collect::<Vec<_>>().as_slice() {
            [only] => Ok((*only).clone()),
            [] => Err(self.absent_for_removal(name, version, there)),
            _ => Err(RemoveError::Ambiguous {
                name: name.to_owned(),
                installed: there,
            }),
        }
    }

    fn absent_for_removal(
        &self,
        name: &str,
        version: Option<&str>,
        there: Vec<String>,
    ) -> RemoveError {
        let specs = |(name, versions): (String, Vec<String>)| {
            versions
                .into_iter()
                .map(move |version| format!("{name}@{version}"))
        };
        let all = self.names().into_iter().map(|name| {
            let versions = self.versions(&name);
            (name, versions)
        });
        let same = there
            .iter()
            .map(|version| format!("{name}@{version}"))
            .collect::<Vec<_>>();
        RemoveError::Absent {
            asked: version.map_or(name.to_owned(), |version| format!("{name} {version}")),
            place: self.dir().display().to_string(),
            installed: match same.is_empty() {
                true => all.flat_map(specs).collect(),
                false => same,
            },
        }
    }
}

fn there(installed: &[String]) -> String {
    match installed {
        [] => "nothing is".to_owned(),
        installed => format!("there are {}", installed.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::Removed;
    use crate::observe::Silent;
    use crate::testing::Bench;

    #[test]
    fn the_only_version_needs_no_naming_and_is_gone_whole() {
        let bench = Bench::new();
        bench.install().expect("installs");
        let removed = bench
            .runtimes()
            .remove("small", None, &mut Silent)
            .expect("removes");
        assert_eq!(removed, Removed::Version("1.0".into()));
        assert_eq!(bench.left(), [""; 0]);
    }

    #[test]
    fn what_is_not_there_is_refused_with_what_is() {
        let bench = Bench::new();
        let error = |name: &str, version| {
            let removed = bench.runtimes().remove(name, version, &mut Silent);
            removed.expect_err("absent").to_string()
        };
        assert!(
            error("small", None).ends_with(": nothing is"),
            "{}",
            error("small", None)
        );
        bench.install().expect("installs");
        assert!(error("small", Some("2.0")).contains("small 2.0 is not installed"));
        for (name, version) in [("small", Some("2.0")), ("large", None), ("..", None)] {
            assert!(
                error(name, version).ends_with(": there are small@1.0"),
                "{name}"
            );
        }
    }

    #[test]
    fn what_an_interrupted_installation_left_goes_alone_where_nothing_is_installed() {
        let bench = Bench::new();
        let remove = |version| bench.runtimes().remove("small", version, &mut Silent);
        for version in [None, Some("1.0")] {
            let half = bench.path("runtimes/small/.tare-installing-1/new");
            std::fs::create_dir_all(half).expect("makes");
            assert_eq!(remove(version).expect("removes"), Removed::Leftovers);
            assert_eq!(bench.left(), [""; 0]);
            assert!(remove(version).is_err());
        }
    }

    #[test]
    fn a_runtime_goes_together_with_what_an_interrupted_installation_of_it_left() {
        let bench = Bench::new();
        bench.install().expect("installs");
        let half = bench.path("runtimes/small/.tare-installing-1/new");
        std::fs::create_dir_all(half).expect("makes");
        let removed = bench.runtimes().remove("small", None, &mut Silent);
        assert_eq!(removed.expect("removes"), Removed::Version("1.0".into()));
        assert_eq!(bench.left(), [""; 0]);
    }

    #[test]
    fn a_name_that_is_not_there_leaves_no_folder() {
        let bench = Bench::new();
        let removed = bench.runtimes().remove("small", None, &mut Silent);
        assert!(removed.is_err() && !bench.path("runtimes").exists());
    }

    #[test]
    fn one_of_several_versions_has_to_be_named() {
        let bench = Bench::new();
        bench.install().expect("installs");
        let second = bench.path("runtimes/small/2.0");
        std::fs::create_dir(&second).expect("makes");
        std::fs::write(second.join("installed.json"), "damaged").expect("writes");
        let runtimes = bench.runtimes();
        let error = runtimes
            .remove("small", None, &mut Silent)
            .expect_err("ambiguous")
            .to_string();
        assert!(error.contains("small@1.0 (there are 1.0, 2.0)"), "{error}");
        runtimes
            .remove("small", Some("2.0"), &mut Silent)
            .expect("removes");
        assert_eq!(bench.left(), ["1.0"]);
    }
}
