//! A test in a process of its own, which loads the made-up libraries and must leave nothing over.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const IN_PROCESS: &str = "TARE_TEST_CUDA_PROCESS";

/// The names by which each library may be found.
pub const LIBRARIES: [&str; 3] = ["libcuda", "libnvrtc", "libcublasLt"];

/// The libraries in a folder.
pub struct Libraries(TempDir);

impl Libraries {
    /// All of them, without the calls in `without`.
    pub fn without(without: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let at = |library: &str| folder.path().join(format!("{library}.so"));
        let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fake");
        let built = Command::new("cc")
            .args(["-O0", "-shared", "-fPIC", "-o"])
            .arg(at(LIBRARIES[0]))
            .args(without.iter().map(|call| format!("-D{call}=absent_{call}")))
            .args(["driver.c", "modules.c", "blas.c"].map(|file| source.join(file)))
            .arg("-lm")
            .status()
            .expect("a C compiler named cc");
        assert!(built.success());
        for other in &LIBRARIES[1..] {
            symlink(at(LIBRARIES[0]), at(other)).unwrap();
        }
        Self(folder)
    }

    /// One of them no library, by whatever name it is looked for.
    pub fn lacking(library: &str) -> Self {
        let all = Self::without(&[]);
        let endings = ["", ".1", ".9", ".10", ".11", ".12", ".13"];
        for ending in endings {
            let at = all.0.path().join(format!("{library}.so{ending}"));
            let whole = at.exists().then(|| fs::read(&at).unwrap());
            if let Some(whole) = whole {
                all.keep(library, &whole);
                fs::remove_file(&at).unwrap();
            }
            fs::write(at, "no library").unwrap();
        }
        all
    }

    /// What others are links to stays, under another name.
    fn keep(&self, library: &str, whole: &[u8]) {
        let kept = self.0.path().join("kept");
        fs::write(&kept, whole).unwrap();
        for other in LIBRARIES.iter().filter(|other| **other != library) {
            let at = self.0.path().join(format!("{other}.so"));
            fs::remove_file(&at).unwrap();
            symlink(&kept, at).unwrap();
        }
    }

    /// The test named `name`, which calls this, with these faults: `body` in a process of its own.
    pub fn alone(make: impl FnOnce() -> Self, name: &str, faults: &[&str], body: impl FnOnce()) {
        if std::env::var_os(IN_PROCESS).is_some() {
            return body();
        }
        let libraries = make();
        for fault in faults {
            let ran = Command::new(std::env::current_exe().unwrap())
                .args(["--exact", name, "--nocapture"])
                .env("LD_LIBRARY_PATH", libraries.0.path())
                .env("FAKE_CUDA", fault)
                .env(IN_PROCESS, "1")
                .output()
                .unwrap();
            let said = [&ran.stdout[..], &ran.stderr[..]].concat();
            let said = String::from_utf8_lossy(&said);
            assert!(ran.status.success(), "{fault}: {said}");
            assert!(said.contains("1 passed"), "{fault}: {said}");
            let whole = !said.contains("left over: ") || said.contains("left over: 0");
            assert!(whole, "{fault}: {said}");
        }
    }
}

/// The test named `name`, which calls this: `body` in a process of its own with whole libraries, which it leaves as they were.
pub fn alone(name: &str, body: impl FnOnce()) {
    with_faults(name, &[""], body);
}

/// As [`alone`], once with each of these faults.
pub fn with_faults(name: &str, faults: &[&str], body: impl FnOnce()) {
    Libraries::alone(|| Libraries::without(&[]), name, faults, body);
}
