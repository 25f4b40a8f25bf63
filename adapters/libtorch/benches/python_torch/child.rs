//! The Python process: a line of JSON there, a line back.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// What is read around a request.
#[derive(Debug, Clone, Copy)]
pub enum Measure {
    /// The thread's CPU time.
    Cpu,
    /// The wall clock.
    Wall,
}

/// A Python process with a model loaded, killed with the value.
pub struct Child {
    process: std::process::Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Child {
    /// Starts Python, which must have this version of torch.
    pub fn start(python: &Path, version: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/python_torch/child.py");
        let mut process = Command::new(python)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python starts");
        let input = process.stdin.take().expect("a pipe");
        let output = BufReader::new(process.stdout.take().expect("a pipe"));
        let mut child = Self {
            process,
            input,
            output,
        };
        assert_eq!(child.answer()["version"], version, "another torch");
        child
    }

    /// Loads the model; gives the outputs of its first input.
    pub fn load(&mut self, load: &Value) -> Vec<Vec<f64>> {
        let answer = self.ask(&json!({ "load": load }));
        let outputs = serde_json::from_value(answer["outputs"].clone());
        outputs.expect("lists of numbers")
    }

    /// What each of `requests` requests took, in nanoseconds.
    pub fn times(&mut self, measure: Measure, requests: usize) -> Vec<u64> {
        let clock = match measure {
            Measure::Cpu => "cpu",
            Measure::Wall => "wall",
        };
        let answer = self.ask(&json!({ "clock": clock, "requests": requests }));
        serde_json::from_value(answer["times"].clone()).expect("a list of integers")
    }

    /// What Python answers.
    pub fn ask(&mut self, request: &Value) -> Value {
        writeln!(self.input, "{request}").expect("Python reads");
        self.answer()
    }

    fn answer(&mut self) -> Value {
        let mut line = String::new();
        self.output.read_line(&mut line).expect("Python writes");
        serde_json::from_str(&line).unwrap_or_else(|_| panic!("Python said '{line}'"))
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        // Whether it was gone already changes nothing.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
