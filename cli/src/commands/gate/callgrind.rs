//! Instructions by callgrind, for where the kernel grants no counter of them.

use std::fs;
use std::path::PathBuf;

use tare_gate::Metric;
use tare_hardware::counts_instructions;
use tare_harness::WorkerProgram;

use crate::exit::Failed;

/// What is worth knowing of such figures.
pub const NOTE: &str = "instructions are callgrind's, as the kernel grants no counter of them: those of the requests alone, by code that \
                        libraries choose on a processor without AVX-512, which valgrind has not";
/// The function that executes one request of a closed loop, and nothing else.
const REQUEST: &str = "*tare_harness*one_request*";

/// Callgrind, with the file that the workers of one side leave their count in; gone with this.
#[derive(Debug)]
pub struct Callgrind {
    valgrind: PathBuf,
    file: PathBuf,
}

impl Callgrind {
    /// What counts the instructions of a `side` by `metric`; `None` where the kernel does, or nothing has to.
    ///
    /// # Errors
    /// Where neither is there.
    pub fn of(metric: Metric, side: &str) -> Result<Option<Self>, Failed> {
        let Some(reason) = (metric == Metric::Instructions)
            .then(counts_instructions)
            .and_then(Result::err)
        else {
            return Ok(None);
        };
        let path = std::env::var_os("PATH").unwrap_or_default();
        let valgrind = std::env::split_paths(&path).map(|folder| folder.join("valgrind"));
        let valgrind = valgrind.into_iter().find(|file| file.is_file());
        let valgrind = valgrind.ok_or_else(|| {
            Failed::told(format!(
                "instructions cannot be counted here, by perf ({reason}) nor by callgrind (there is no valgrind in PATH): grant the \
                 counters, or install valgrind"
            ))
        })?;
        let name = format!("tare-{}-{side}.callgrind", std::process::id());
        Ok(Some(Self {
            valgrind,
            file: std::env::temp_dir().join(name),
        }))
    }

    /// `program` as callgrind executes it, counting while a request is executed.
    pub fn wrapped(&self, program: &WorkerProgram) -> WorkerProgram {
        let own = [
            "--tool=callgrind".into(),
            "--quiet".into(),
            format!("--toggle-collect={REQUEST}").into(),
            format!("--callgrind-out-file={}", self.file.display()).into(),
            program.path.clone().into_os_string(),
        ];
        WorkerProgram {
            path: self.valgrind.clone(),
            arguments: own.into_iter().chain(program.arguments.clone()).collect(),
            environment: program.environment.clone(),
            // It writes what it counted when it ends.
            ends_itself: true,
        }
    }

    /// What a worker left is no count of the next one, which may leave none: to be said after each that is not counted.
    pub fn forget(&self) {
        // There may be none.
        let _ = fs::remove_file(&self.file);
    }

    /// The instructions of the worker that ended last, once.
    ///
    /// # Errors
    /// In words, where it left none.
    pub fn instructions(&self) -> Result<u64, String> {
        let text = fs::read_to_string(&self.file);
        self.forget();
        let text = text.map_err(|error| format!("callgrind left no count: {error}"))?;
        total(&text).ok_or_else(|| "callgrind counted no instruction of a request".to_owned())
    }
}

impl Drop for Callgrind {
    fn drop(&mut self) {
        self.forget();
    }
}

/// What a file of callgrind's says it counted in all; of nothing, none.
fn total(text: &str) -> Option<u64> {
    let totals = text.lines().find_map(|line| line.strip_prefix("totals:"))?;
    let first = totals.split_whitespace().next()?;
    first.parse().ok().filter(|count| *count > 0)
}

#[cfg(test)]
pub mod tests {
    use std::path::Path;

    use super::*;

    /// With a count of so many in a file of `folder`.
    pub fn left(folder: &Path, count: u64) -> Callgrind {
        let left = Callgrind {
            valgrind: "/usr/bin/valgrind".into(),
            file: folder.join("count"),
        };
        fs::write(&left.file, format!("totals: {count}\n")).expect("writes");
        left
    }

    #[test]
    fn a_count_is_read_once_and_nothing_is_no_count() {
        let dir = tempfile::tempdir().expect("temporary folder");
        let counted = Callgrind {
            valgrind: "/usr/bin/valgrind".into(),
            file: dir.path().join("count"),
        };
        assert!(
            counted
                .instructions()
                .expect_err("none")
                .contains("left no count")
        );
        fs::write(&counted.file, "events: Ir\nfn=(1) f\n1 7\n\ntotals: 1234\n").expect("writes");
        assert_eq!(counted.instructions(), Ok(1_234));
        assert!(counted.instructions().is_err(), "a count is of one worker");
        fs::write(&counted.file, "events: Ir\nsummary: 0\n\ntotals: 0\n").expect("writes");
        assert!(
            counted
                .instructions()
                .expect_err("nothing")
                .contains("no instruction")
        );
    }

    #[test]
    fn a_worker_keeps_its_arguments_and_environment() {
        let counted = Callgrind {
            valgrind: "/usr/bin/valgrind".into(),
            file: "/tmp/none.callgrind".into(),
        };
        let program = WorkerProgram {
            path: "/opt/tare".into(),
            arguments: vec!["worker".into()],
            environment: vec![("A".to_owned(), "1".to_owned())],
            ..WorkerProgram::default()
        };
        let wrapped = counted.wrapped(&program);
        assert_eq!(wrapped.path, counted.valgrind);
        assert_eq!(wrapped.arguments[4..], ["/opt/tare", "worker"]);
        assert_eq!(wrapped.environment, program.environment);
    }
}
