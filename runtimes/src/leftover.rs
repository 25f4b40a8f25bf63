//! What interrupted installations left behind: told, since nothing else shows it.

use std::path::PathBuf;

use tare_units::Bytes;

use crate::catalogue::Catalogue;
use crate::find::Runtimes;
use crate::install::leftovers;
use crate::size::size;

/// A folder of unfinished work that nobody works on any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The runtime that was being installed.
    pub name: String,
    /// The folder.
    pub dir: PathBuf,
    /// How much lies in it.
    pub bytes: Bytes,
    /// What removes it, and nothing that is whole.
    pub remedy: String,
}

impl Runtimes {
    /// What installations left that ended without cleaning up, such as by SIGKILL; not what is being installed now.
    pub fn leftovers(&self, catalogue: &Catalogue) -> Vec<Leftover> {
        let of = |name: String| {
            let remedy = self.how_to_clean(&name, catalogue);
            let dirs = leftovers(&self.dir().join(&name));
            dirs.into_iter().map(move |dir| Leftover {
                bytes: size(&dir),
                remedy: remedy.clone(),
                name: name.clone(),
                dir,
            })
        };
        let mut names = self.names();
        names.sort();
        names.into_iter().flat_map(of).collect()
    }

    /// Installing what is there keeps it; removing by name alone would take it where nothing else is.
    fn how_to_clean(&self, name: &str, catalogue: &Catalogue) -> String {
        let there = self.versions(name);
        let known = |version: &&String| catalogue.runtime(name, Some(version)).is_ok();
        match there.iter().rfind(known) {
            Some(version) => format!(
                "run `tare runtime install {name}@{version}`, which removes it and keeps what is whole"
            ),
            None if there.is_empty() => format!("run `tare runtime remove {name}`"),
            None => format!("it goes when the next {name} is installed or removed"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::install::Lock;
    use crate::observe::Silent;
    use crate::testing::Bench;

    fn told(bench: &Bench) -> Vec<Leftover> {
        bench.runtimes().leftovers(&bench.catalogue)
    }

    fn leave(bench: &Bench) -> PathBuf {
        let dir = bench.path("runtimes/small/.tare-installing-1");
        std::fs::create_dir_all(dir.join("new")).expect("makes");
        std::fs::write(dir.join("new/half"), "12345").expect("writes");
        dir
    }

    #[test]
    fn what_an_interrupted_installation_left_is_told_with_its_size_and_what_removes_it() {
        let bench = Bench::new();
        assert_eq!(told(&bench), []);
        let dir = leave(&bench);
        let leftover = Leftover {
            name: "small".into(),
            dir,
            bytes: Bytes::from_bytes(5),
            remedy: "run `tare runtime remove small`".into(),
        };
        assert_eq!(told(&bench), [leftover]);
    }

    #[test]
    fn the_remedy_never_takes_what_is_installed() {
        let bench = Bench::new();
        bench.install().expect("installs");
        leave(&bench);
        let remedy = told(&bench).remove(0).remedy;
        assert!(
            remedy.contains("`tare runtime install small@1.0`"),
            "{remedy}"
        );
        assert!(bench.install().expect("there").before);
        assert_eq!(told(&bench), []);
        let other = bench.path("runtimes/small/0.9");
        std::fs::rename(bench.place(), other).expect("moves");
        leave(&bench);
        let remedy = told(&bench).remove(0).remedy;
        assert!(
            remedy.contains("next small is installed or removed"),
            "{remedy}"
        );
    }

    #[test]
    fn work_that_goes_on_is_no_leftover() {
        let bench = Bench::new();
        let lock = Lock::take(&bench.path("runtimes/small"), &mut Silent).expect("free");
        let scratch = lock.scratch().expect("makes");
        assert_eq!(told(&bench), []);
        std::mem::forget(scratch);
        drop(lock);
        assert_eq!(told(&bench).len(), 1);
    }
}
