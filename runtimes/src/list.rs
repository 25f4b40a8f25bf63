//! What there is: the catalogue's runtimes and those that lie in the folder, each with its state.

use std::collections::BTreeMap;
use std::path::PathBuf;

use tare_units::Bytes;

use crate::catalogue::{Catalogue, Package};
use crate::find::{FindError, Installed, Runtimes};
use crate::version;

/// One version of one runtime.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The runtime's name.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The folder that it has or would have.
    pub dir: PathBuf,
    /// Whether it is there.
    pub state: State,
}

/// Whether a runtime is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// It can be used.
    Installed(Installed),
    /// It was installed and is no longer whole.
    Damaged(FindError),
    /// It can be fetched.
    Available {
        /// How much there is to fetch.
        download: Bytes,
    },
}

impl Runtimes {
    /// Every runtime of the catalogue and of the folder, by name and then oldest first; reads every installed file.
    pub fn list(&self, catalogue: &Catalogue) -> Vec<Listed> {
        let mut states: BTreeMap<(String, String), State> = BTreeMap::new();
        for package in catalogue.runtimes() {
            let download = download(package);
            states.insert(
                (package.name.clone(), package.version.clone()),
                State::Available { download },
            );
        }
        for name in self.names() {
            for version in self.versions(&name) {
                let state = self.state(&name, &version);
                states.insert((name.clone(), version), state);
            }
        }
        let listed = states.into_iter().map(|((name, version), state)| Listed {
            dir: self.place(&name, &version),
            name,
            version,
            state,
        });
        let mut listed: Vec<Listed> = listed.collect();
        listed.sort_by(|left, right| {
            let names = left.name.cmp(&right.name);
            names.then_with(|| version::compare(&left.version, &right.version))
        });
        listed
    }

    fn state(&self, name: &str, version: &str) -> State {
        let whole = |found: Installed| found.verify().map(|()| found);
        self.find(name, Some(version))
            .and_then(whole)
            .map_or_else(State::Damaged, State::Installed)
    }
}

fn download(package: &Package) -> Bytes {
    let bytes = package.wheels.iter().map(|wheel| wheel.bytes.as_bytes());
    Bytes::from_bytes(bytes.sum())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Bench, LIBRARY};

    #[test]
    fn what_can_be_fetched_and_what_is_installed_are_listed_once_each_in_order() {
        let bench = Bench::new();
        let states = || {
            let listed = bench.runtimes().list(&bench.catalogue);
            let state = |listed: Listed| match listed.state {
                State::Installed(_) => (listed.version, "installed"),
                State::Damaged(_) => (listed.version, "damaged"),
                State::Available { .. } => (listed.version, "available"),
            };
            listed.into_iter().map(state).collect::<Vec<_>>()
        };
        assert_eq!(states(), [("1.0".to_owned(), "available")]);
        bench.install().expect("installs");
        assert_eq!(states(), [("1.0".to_owned(), "installed")]);
        let other = bench.path("runtimes/small/0.9");
        std::fs::create_dir(&other).expect("makes");
        std::fs::write(other.join("installed.json"), "").expect("writes");
        assert_eq!(
            states(),
            [
                ("0.9".to_owned(), "damaged"),
                ("1.0".to_owned(), "installed")
            ]
        );
    }

    #[test]
    fn a_library_that_was_changed_in_place_is_listed_as_damaged_until_it_is_installed_anew() {
        let bench = Bench::new();
        let state = || bench.runtimes().list(&bench.catalogue).remove(0).state;
        let installed = bench.install().expect("installs").installed;
        assert_eq!(state(), State::Installed(installed.clone()));
        std::fs::write(&installed.library, LIBRARY.replace("not", "NOT")).expect("writes");
        let State::Damaged(error) = state() else {
            panic!("{:?}", state());
        };
        assert!(error.reason.contains("lib.so has the sha256"), "{error}");
        assert!(!bench.install().expect("installs").before);
        assert_eq!(state(), State::Installed(installed));
    }

    #[test]
    fn what_there_is_to_fetch_is_the_sum_of_the_wheels() {
        let bench = Bench::new();
        let listed = bench.runtimes().list(&bench.catalogue);
        let wheel = std::fs::metadata(bench.wheel()).expect("there").len();
        let download = Bytes::from_bytes(wheel);
        assert_eq!(listed[0].state, State::Available { download });
        assert_eq!(listed[0].dir, bench.place());
    }
}
