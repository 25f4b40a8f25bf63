//! Progress as text: one line that rewrites itself, or one line a stage where that would be noise.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::{Event, Observer};

/// Writes what an installation tells, and passes on that it is to stop.
#[derive(Debug)]
pub struct ProgressLine<W> {
    out: W,
    rewrites: bool,
    stop: Arc<AtomicBool>,
    last: String,
}

const CLEAR: &str = "\r\x1b[2K";

impl<W: Write> ProgressLine<W> {
    /// Writes to `out`, which `rewrites` its line where it is a terminal; stops when `stop` is set.
    pub fn new(out: W, rewrites: bool, stop: Arc<AtomicBool>) -> Self {
        Self {
            out,
            rewrites,
            stop,
            last: String::new(),
        }
    }

    /// Takes the line away, so that something else can be written.
    pub fn clear(&mut self) {
        if self.rewrites && !self.last.is_empty() {
            let _ = write!(self.out, "{CLEAR}");
            let _ = self.out.flush();
        }
        self.last.clear();
    }

    fn line(&mut self, text: String) {
        if text == self.last {
            return;
        }
        let _ = match self.rewrites {
            true => write!(self.out, "{CLEAR}{text}"),
            false => writeln!(self.out, "{text}"),
        };
        let _ = self.out.flush();
        self.last = text;
    }
}

impl<W: Write> Observer for ProgressLine<W> {
    fn event(&mut self, event: &Event<'_>) {
        if let Event::Replacing { reason } = event {
            self.clear();
            let _ = writeln!(self.out, "replacing what is there: {reason}");
            return;
        }
        let text = match self.rewrites {
            true => now(event),
            false => stage(event),
        };
        self.line(text);
    }

    fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// What is going on, with how much is done.
fn now(event: &Event<'_>) -> String {
    match event {
        Event::Fetching { file, done, total } => {
            format!("fetching {}: {done} of {total}", short(file))
        }
        Event::Unpacking { file, done, total } => {
            format!("unpacking {}: {done} of {total}", short(file))
        }
        other => stage(other),
    }
}

/// What is going on, the same as long as it does.
fn stage(event: &Event<'_>) -> String {
    match event {
        Event::Waiting => "waiting for another installation in the same folder".into(),
        Event::Verifying => "verifying what is installed".into(),
        Event::Replacing { reason } => format!("replacing what is there: {reason}"),
        Event::Fetching { file, total, .. } => format!("fetching {} ({total})", short(file)),
        Event::Checking { file } => format!("checking {}", short(file)),
        Event::Unpacking { file, total, .. } => format!("unpacking {} ({total})", short(file)),
    }
}

/// Name and version of a wheel: what stands before the second dash.
fn short(file: &str) -> &str {
    let second = file.match_indices('-').nth(1);
    second.map_or(file, |(index, _)| &file[..index])
}

#[cfg(test)]
mod tests {
    use super::*;
    use tare_units::Bytes;

    const FILE: &str = "small-1.0-py3-none-linux_x86_64.whl";

    fn told(rewrites: bool) -> String {
        let mut line = ProgressLine::new(Vec::new(), rewrites, Arc::default());
        for mebibytes in [0, 5, 5] {
            line.event(&Event::Fetching {
                file: FILE,
                done: Bytes::from_mib(mebibytes),
                total: Bytes::from_mib(10),
            });
        }
        line.event(&Event::Checking { file: FILE });
        line.event(&Event::Replacing { reason: "why" });
        line.clear();
        String::from_utf8(line.out).expect("UTF-8")
    }

    #[test]
    fn a_terminal_gets_one_line_that_rewrites_itself_and_goes() {
        let lines = [
            "",
            "fetching small-1.0: 0 B of 10.0 MiB",
            "fetching small-1.0: 5.00 MiB of 10.0 MiB",
            "checking small-1.0",
            "replacing what is there: why\n",
        ];
        assert_eq!(told(true), lines.join(CLEAR));
    }

    #[test]
    fn elsewhere_each_stage_gets_one_plain_line() {
        assert_eq!(
            told(false),
            "fetching small-1.0 (10.0 MiB)\nchecking small-1.0\nreplacing what is there: why\n"
        );
    }

    #[test]
    fn the_flag_stops_it() {
        let stop = Arc::new(AtomicBool::new(false));
        let line = ProgressLine::new(Vec::new(), false, Arc::clone(&stop));
        assert!(!line.is_stopped());
        stop.store(true, Ordering::Relaxed);
        assert!(line.is_stopped());
    }
}
