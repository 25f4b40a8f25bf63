//! The Python package in a process of its own, which runs a block of requests whenever it is asked to.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tare_adapter_api::DataType;

use crate::subject::Subject;

/// The process, ended when dropped.
pub struct Python {
    child: Child,
    ask: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Python {
    /// Starts the interpreter below `target/` with the package of this version; `None` where there is none.
    pub fn start(version: &str) -> Result<Option<Self>> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let interpreter = root.join("target/python/bin/python");
        if !interpreter.exists() {
            println!(
                "Python: not run: there is no {}; cargo xtask python makes it",
                interpreter.display()
            );
            return Ok(None);
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/bare_onnxruntime/loop.py");
        let mut child = Command::new(interpreter)
            .arg(script)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let ask = child.stdin.take().context("a pipe")?;
        let answers = BufReader::new(child.stdout.take().context("a pipe")?);
        let mut python = Self {
            child,
            ask,
            answers,
        };
        let package: String = python.answer()?;
        ensure!(
            package == version,
            "the package is {package}, the library {version}"
        );
        Ok(Some(python))
    }

    /// Loads the subject anew, with outputs of these types and shapes.
    pub fn load(&mut self, plan: &Value) -> Result<()> {
        self.ask(&json!({ "load": plan }))?;
        let loaded: String = self.answer()?;
        ensure!(loaded == "loaded", "Python answers {loaded}");
        Ok(())
    }

    /// Latencies of `requests` requests in nanoseconds by `clock`, `cpu` or `wall`.
    pub fn block(&mut self, requests: usize, clock: &str) -> Result<Vec<u64>> {
        self.ask(&json!({ "requests": requests, "clock": clock }))?;
        self.answer()
    }

    fn ask(&mut self, what: &Value) -> Result<()> {
        writeln!(self.ask, "{what}")?;
        Ok(self.ask.flush()?)
    }

    fn answer<T: DeserializeOwned>(&mut self) -> Result<T> {
        let mut line = String::new();
        self.answers.read_line(&mut line)?;
        serde_json::from_str(&line).context("Python's answer")
    }
}

impl Drop for Python {
    fn drop(&mut self) {
        // A process that has ended already is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the script has to know, with the inputs written into files of `folder`.
pub fn plan(subject: &Subject, outputs: &[(DataType, Vec<usize>)], folder: &Path) -> Result<Value> {
    let mut sets: Vec<Vec<PathBuf>> = Vec::new();
    for (set, tensors) in subject.inputs.iter().enumerate() {
        let mut paths = Vec::new();
        for (index, tensor) in tensors.iter().enumerate() {
            let path = folder.join(format!("{set}-{index}.bin"));
            std::fs::write(&path, tensor.bytes())?;
            paths.push(path);
        }
        sets.push(paths);
    }
    let inputs = subject.load.inputs.iter().map(
        |spec| json!({ "name": spec.name, "dtype": spec.dtype.to_string(), "shape": spec.shape }),
    );
    let outputs = subject.load.outputs.iter().zip(outputs);
    let outputs = outputs.map(|(spec, (dtype, shape))| {
        json!({ "name": spec.name, "dtype": dtype.to_string(), "shape": shape })
    });
    Ok(json!({
        "model": subject.load.model,
        "inputs": inputs.collect::<Vec<_>>(),
        "outputs": outputs.collect::<Vec<_>>(),
        "sets": sets,
    }))
}
