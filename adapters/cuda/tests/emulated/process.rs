//! A test in a process of its own, whose NVIDIA driver and libraries are made up and whose kernels this machine executes.

use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

const IN_PROCESS: &str = "TARE_TEST_CUDA_PROCESS";
const LIBRARIES: [&str; 3] = ["libcuda.so", "libnvrtc.so", "libcublasLt.so"];

/// The libraries, and the folders that a process with them needs.
struct Emulated(TempDir);

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../cuda")
}

impl Emulated {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let at = |name: &str| folder.path().join(name);
        let header = sources().join("emulator/kernel.h");
        let files = [
            "tests/fake/driver.c",
            "emulator/modules.c",
            "tests/fake/blas.c",
        ];
        let built = Command::new("cc")
            .args(["-O2", "-shared", "-fPIC", "-o"])
            .arg(at(LIBRARIES[0]))
            .arg(format!("-DKERNEL_H=\"{}\"", header.display()))
            .args(files.map(|file| sources().join(file)))
            .args(["-lm", "-ldl"])
            .status()
            .expect("a C compiler named cc");
        assert!(built.success());
        for other in &LIBRARIES[1..] {
            symlink(at(LIBRARIES[0]), at(other)).expect("a link");
        }
        Self(folder)
    }

    fn run(&self, name: &str, faults: &str) {
        let ran = Command::new(std::env::current_exe().expect("this program"))
            .args(["--exact", name, "--nocapture", "--include-ignored"])
            .env("LD_LIBRARY_PATH", self.0.path())
            .env("XDG_CACHE_HOME", self.0.path().join("cache"))
            .env("FAKE_CUDA_FOLDER", self.0.path())
            .env("FAKE_CUDA", faults)
            .env(IN_PROCESS, "1")
            .output()
            .expect("this program runs");
        let said = [&ran.stdout[..], &ran.stderr[..]].concat();
        let said = String::from_utf8_lossy(&said);
        assert!(ran.status.success(), "{faults}: {said}");
        assert!(said.contains("1 passed"), "{faults}: {said}");
        let whole = !said.contains("left over: ") || said.contains("left over: 0");
        assert!(whole, "{faults}: {said}");
        println!("{said}");
    }
}

/// The test named `name`, which calls this: `body` in a process of its own, which leaves nothing over.
pub fn alone(name: &str, body: impl FnOnce()) {
    with_faults(name, &[""], body);
}

/// As [`alone`], once with each of these faults; all share a cache.
pub fn with_faults(name: &str, faults: &[&str], body: impl FnOnce()) {
    if std::env::var_os(IN_PROCESS).is_some() {
        return body();
    }
    let emulated = Emulated::new();
    for fault in faults {
        emulated.run(name, fault);
    }
}
