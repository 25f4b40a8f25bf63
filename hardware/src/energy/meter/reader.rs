//! The thread that reads a meter's output: lines of bounded length, so many in a second, into a bounded queue.

use std::io::{BufRead, BufReader, Read};
use std::process::ChildStdout;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use tare_clock::Clock;
use tare_units::Nanoseconds;

use super::line::{Line, accuracy, parse};

/// A line and when it came; `reading` is `None` where it was no reading.
#[derive(Debug, Clone, Copy)]
pub(super) struct Arrived {
    pub(super) at: Nanoseconds,
    pub(super) reading: Option<Line>,
    /// What the program has said of its accuracy by then, as a share.
    pub(super) accuracy: Option<f64>,
}

/// Why no more lines come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Closed,
    Flooded,
}

/// The most lines that are taken in a second.
pub(super) const LINES_A_SECOND: u64 = 1_000;
/// The longest line; what is longer counts as several that are no readings.
const LONGEST: u64 = 256;
const QUEUE: usize = 4_096;

pub(super) fn start(
    output: Option<ChildStdout>,
    clock: impl Clock + 'static,
) -> Receiver<Result<Arrived, End>> {
    let (sender, arrived) = sync_channel(QUEUE);
    if let Some(output) = output {
        // The thread ends with the program's output, and nobody waits for it.
        let _ = thread::Builder::new()
            .name("meter".to_owned())
            .spawn(move || read(BufReader::new(output), &clock, &sender));
    }
    arrived
}

/// Blocks where the queue is full: then nobody has asked for thousands of lines, and the program may wait.
pub(super) fn read(
    mut output: impl BufRead,
    clock: &impl Clock,
    sender: &SyncSender<Result<Arrived, End>>,
) {
    let mut flow = Flow::default();
    let mut bytes = Vec::new();
    let mut said = None;
    let end = loop {
        bytes.clear();
        match output.by_ref().take(LONGEST).read_until(b'\n', &mut bytes) {
            Ok(0) | Err(_) => break End::Closed,
            Ok(_) => {}
        }
        let at = clock.now();
        if flow.is_flood(at) {
            break End::Flooded;
        }
        let text = std::str::from_utf8(&bytes).ok();
        said = text.and_then(accuracy).or(said);
        let reading = match text.map(parse) {
            Some(None) => continue,
            Some(Some(reading)) if bytes.ends_with(b"\n") => reading,
            _ => None,
        };
        let arrived = Arrived {
            at,
            reading,
            accuracy: said,
        };
        if sender.send(Ok(arrived)).is_err() {
            return;
        }
    };
    // Nobody waits for it any longer where this fails.
    let _ = sender.send(Err(end));
}

#[derive(Debug, Default)]
struct Flow {
    since: Nanoseconds,
    lines: u64,
}

impl Flow {
    fn is_flood(&mut self, at: Nanoseconds) -> bool {
        if at.saturating_sub(self.since) >= Nanoseconds::from_secs(1) {
            *self = Self {
                since: at,
                lines: 0,
            };
        }
        self.lines += 1;
        self.lines > LINES_A_SECOND
    }
}

#[cfg(test)]
mod tests {
    use tare_clock::SimulatedClock;

    use super::*;

    fn outcome(text: &[u8]) -> (Vec<Option<f64>>, End) {
        let (sender, arrived) = sync_channel(QUEUE);
        read(text, &SimulatedClock::new(), &sender);
        drop(sender);
        let mut values = Vec::new();
        for one in arrived {
            match one {
                Ok(line) => values.push(line.reading.map(|line| line.value)),
                Err(end) => return (values, end),
            }
        }
        panic!("no end");
    }

    #[test]
    fn lines_arrive_in_order_and_garbage_in_its_place() {
        let text = b"# hello\n1 10 W\n\xff\xfe\n2 11 W\nso what\n3 12";
        assert_eq!(
            outcome(text),
            (vec![Some(10.0), None, Some(11.0), None, None], End::Closed)
        );
    }

    #[test]
    fn a_flood_of_lines_or_of_bytes_without_an_end_is_cut() {
        let lines = b"1 10 W\n".repeat(5_000);
        let (values, end) = outcome(&lines);
        assert_eq!((values.len(), end), (1_000, End::Flooded));
        let endless = vec![b'7'; 1 << 20];
        let (values, end) = outcome(&endless);
        assert_eq!(end, End::Flooded);
        assert!(values.iter().all(Option::is_none));
    }
}
