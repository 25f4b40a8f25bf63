//! Real children for tests: a test starts itself again, and the copy plays a part instead of testing.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

const PART: &str = "TARE_TEST_PART";
const READY: &str = "the child is ready";

/// A child that plays its part step by step, and ends with its test.
pub(crate) struct Played {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// What the child has of its test.
pub(crate) struct Stage;

impl Played {
    /// In the test of this full name: a child of it. In that child: plays `part` and never returns.
    pub(crate) fn by(test: &str, part: impl FnOnce(&Stage)) -> Self {
        if std::env::var(PART).is_ok_and(|name| name == test) {
            part(&Stage);
            std::process::exit(0);
        }
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture", "--test-threads=1"])
            .env(PART, test)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut played = Self {
            child,
            input,
            output,
        };
        played.until_ready();
        played
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Lets the child go on from one [`Stage::stand_still`] to the next.
    pub(crate) fn step(&mut self) {
        self.go();
        self.until_ready();
    }

    /// Lets the child go on, without waiting.
    pub(crate) fn go(&mut self) {
        self.input.write_all(b"go\n").unwrap();
    }

    pub(crate) fn until_ready(&mut self) {
        let mut line = String::new();
        while !line.contains(READY) {
            line.clear();
            assert_ne!(self.output.read_line(&mut line).unwrap(), 0, "it ended");
        }
    }

    /// Ends the child and waits for it.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Played {
    fn drop(&mut self) {
        self.end();
    }
}

impl Stage {
    /// Says that it is ready, and waits; a test that is gone ends it.
    pub(crate) fn stand_still(&self) {
        println!("\n{READY}");
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).unwrap_or(0) == 0 {
            std::process::exit(0);
        }
    }
}
