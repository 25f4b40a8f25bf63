//! The probe in a process of its own: started beside a worker, asked, and not waited for beyond its deadline.

use std::ffi::OsString;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};

use serde::Serialize;
use tare_results::ProbeReading;
use tare_units::Nanoseconds;

use crate::gpu::{self, GpuPeaks, GpuRequest};
use crate::probe::{ProbeError, ProbeRequest, parse_answer};

/// Longer than any answer, in bytes.
const LONGEST_LINE: u64 = 64 << 10;

/// A program that reads a [`ProbeRequest`], a line of JSON, and prints what [`crate::answer`] gives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prober {
    /// The file to execute.
    pub path: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Variables set in its environment.
    pub environment: Vec<(String, String)>,
    /// How long an answer may take: a probe is 50 ms where nobody else takes the processors, a GPU its budget and what opening it takes.
    pub deadline: Nanoseconds,
}

impl Prober {
    /// What the machine gives now; returns when the process has ended.
    ///
    /// # Errors
    /// The probe's own, or what became of its process.
    pub fn ask(&self, request: &ProbeRequest) -> Result<ProbeReading, ProbeError> {
        parse_answer(&self.line(request)?)
    }

    /// What a GPU can do, of a program that reads a [`GpuRequest`] and prints what [`gpu::answer`] gives; whatever becomes of its process is a reason.
    pub fn ask_gpu(&self, request: &GpuRequest) -> GpuPeaks {
        let none = |reason: &dyn std::fmt::Display| {
            let reason = format!("it was not measured: {reason}");
            GpuPeaks::none(&request.device(), &reason)
        };
        match self.line(request) {
            Ok(line) => gpu::parse_answer(request, &line).unwrap_or_else(|error| none(&error)),
            Err(error) => none(&error),
        }
    }

    /// The first line that is answered to `request`.
    fn line(&self, request: &impl Serialize) -> Result<String, ProbeError> {
        let failed = |error: &dyn std::fmt::Display| ProbeError::NotStarted(error.to_string());
        let line = serde_json::to_string(request).map_err(|error| failed(&error))?;
        let child = Command::new(&self.path)
            .args(&self.arguments)
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn();
        let mut child = Ending(child.map_err(|error| failed(&error))?);
        if let Some(mut input) = child.0.stdin.take() {
            // One that dies at once breaks this pipe, and then gives no answer either.
            let _ = writeln!(input, "{line}");
        }
        self.answer(&mut child.0)
    }

    fn answer(&self, child: &mut Child) -> Result<String, ProbeError> {
        let Some(output) = child.stdout.take() else {
            return Err(ProbeError::NotStarted("it has no output".to_owned()));
        };
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut line = Vec::new();
            let mut output = BufReader::new(output).take(LONGEST_LINE);
            let read = output.read_until(b'\n', &mut line);
            // Whoever waited may have given up.
            let _ = sender.send(read.map(|_| String::from_utf8_lossy(&line).into_owned()));
        });
        match answers.recv_timeout(self.deadline.into()) {
            Ok(Ok(line)) if line.is_empty() => Err(ProbeError::Silent),
            Ok(Ok(line)) => Ok(line),
            Ok(Err(_)) | Err(RecvTimeoutError::Disconnected) => Err(ProbeError::Silent),
            Err(RecvTimeoutError::Timeout) => Err(ProbeError::Late(self.deadline)),
        }
    }
}

/// A child that does not outlive this.
struct Ending(Child);

impl Drop for Ending {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Precision;

    fn ask(script: &str, deadline: Nanoseconds) -> Result<ProbeReading, ProbeError> {
        let prober = Prober {
            path: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: Vec::new(),
            deadline,
        };
        prober.ask(&ProbeRequest {
            precision: Precision::Fp32,
            threads: 1,
            cpus: vec![0],
        })
    }

    const PATIENT: Nanoseconds = Nanoseconds::from_secs(60);

    #[test]
    fn an_answer_to_the_request_that_was_sent_is_read() {
        let script = r#"grep -q '"precision":"fp32","threads":1,"cpus":\[0\]' && echo '{"probe":
            {"precision":"fp32","threads":1,"kernel":"k","flops_per_s":2.0,"bytes_per_s":1.0}}' | tr -d '\n'"#;
        let reading = ask(script, PATIENT).unwrap();
        assert_eq!(reading.kernel, "k");
    }

    #[test]
    fn one_that_hangs_is_ended_at_its_deadline() {
        let short = Nanoseconds::from_millis(20);
        assert_eq!(ask("exec sleep 1000", short), Err(ProbeError::Late(short)));
    }

    #[test]
    fn one_that_says_nothing_floods_or_is_not_there_is_a_reason() {
        assert_eq!(ask("exit 3", PATIENT), Err(ProbeError::Silent));
        let flood = ask("exec yes x | tr -d '\\n'", PATIENT).unwrap_err();
        assert!(matches!(flood, ProbeError::Unclear(_)), "{flood}");
        let absent = Prober {
            path: "/nonexistent/probe".into(),
            arguments: Vec::new(),
            environment: Vec::new(),
            deadline: PATIENT,
        };
        let absent = absent.ask(&ProbeRequest {
            precision: Precision::Fp32,
            threads: 1,
            cpus: vec![0],
        });
        assert!(matches!(absent, Err(ProbeError::NotStarted(_))));
    }

    fn ask_gpu(script: &str, deadline: Nanoseconds) -> GpuPeaks {
        let prober = Prober {
            path: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            environment: vec![("ASKED".to_owned(), "1".to_owned())],
            deadline,
        };
        prober.ask_gpu(&GpuRequest::everything(1))
    }

    #[test]
    fn a_gpu_s_answer_is_read_and_whatever_becomes_of_its_process_is_a_reason() {
        let line = serde_json::to_string(&GpuPeaks::none("cuda:1", "no driver")).unwrap();
        let script = format!("[ $ASKED = 1 ] && grep -q '\"ordinal\":1' && echo '{line}'");
        assert_eq!(
            ask_gpu(&script, PATIENT),
            GpuPeaks::none("cuda:1", "no driver")
        );
        let reason = |script, deadline| ask_gpu(script, deadline).missing["cuda:1"].clone();
        let hung = reason("exec sleep 1000", Nanoseconds::from_millis(20));
        assert!(hung.contains("20.0 ms"), "{hung}");
        let died = reason("kill -SEGV $$", PATIENT);
        assert!(died.starts_with("it was not measured: "), "{died}");
        let other = reason("echo '{}'", PATIENT);
        assert!(other.contains("about cuda:1 is not understood"), "{other}");
    }
}
