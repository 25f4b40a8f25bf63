//! Progress on standard error: one line that rewrites itself in a terminal, one line a worker elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;

use tare_harness::Progress;
use tare_results::{Event, Kind, Phase, PlannedCell};
use tare_units::Nanoseconds;

use crate::terminal::rewrite;

/// Prints what happens in a run.
pub struct ProgressLine {
    labels: BTreeMap<String, String>,
    repeats: u64,
    workers: u64,
    done: u64,
    current: String,
    left: Option<Nanoseconds>,
    rewrites: bool,
}

impl ProgressLine {
    /// For a run of these cells.
    pub fn new(cells: &[PlannedCell], repeats: u64) -> Self {
        Self {
            labels: cells
                .iter()
                .map(|planned| (planned.id.clone(), label(planned)))
                .collect(),
            repeats,
            workers: 0,
            done: 0,
            current: String::new(),
            left: None,
            rewrites: std::io::stderr().is_terminal(),
        }
    }

    /// What a worker does it to, and what it is for.
    fn name(&self, cell: &str, repeat: u64, kind: Kind) -> String {
        let label = self.labels.get(cell).map(String::as_str);
        let what = match kind {
            Kind::Harness => return "getting ready".to_owned(),
            Kind::Twin => format!("hollow twin {}/{}", repeat + 1, self.repeats),
            Kind::Reference => "outputs to compare with".to_owned(),
            Kind::Profile => "profile".to_owned(),
            Kind::Measurement => format!("repeat {}/{}", repeat + 1, self.repeats),
        };
        match label {
            Some(label) => format!("{label} · {what}"),
            None => what,
        }
    }

    fn rewrite(&self, what: &str) {
        if !self.rewrites {
            return;
        }
        let left = self
            .left
            .map(|left| format!(" · {} left", clock_time(left)))
            .unwrap_or_default();
        let line = format!(
            "[{}/{}] {} · {what}{left}",
            self.done, self.workers, self.current
        );
        rewrite(&line);
    }

    fn clear(&self) {
        rewrite("");
    }

    fn finished(&mut self, name: &str, p50_ns: Option<f64>, failure: Option<&str>) {
        self.done += 1;
        match failure {
            Some(failure) => {
                self.clear();
                eprintln!("failed: {name}: {failure}");
            }
            None if !self.rewrites => {
                let p50 =
                    p50_ns.map(|nanos| format!(" · p50 {}", Nanoseconds::from_nanos_f64(nanos)));
                let left = self
                    .left
                    .map(|left| format!(" · {} left", clock_time(left)));
                eprintln!(
                    "[{}/{}] {name}{}{}",
                    self.done,
                    self.workers,
                    p50.unwrap_or_default(),
                    left.unwrap_or_default()
                );
            }
            None => {}
        }
    }
}

impl Progress for ProgressLine {
    fn event(&mut self, event: &Event) {
        match event {
            Event::RunStarted { workers, done } => {
                (self.workers, self.done) = (*workers, *done);
                self.current = "the harness itself".into();
                self.rewrite("measuring");
            }
            Event::WorkerStarted {
                cell, repeat, kind, ..
            } => {
                self.current = self.name(cell, *repeat, *kind);
            }
            Event::PhaseReached { phase, .. } => self.rewrite(phase_name(*phase)),
            Event::WorkerStretched { length_ns, .. } => {
                self.rewrite(&format!("measuring energy for {length_ns} more"));
            }
            Event::WorkerFinished {
                cell,
                repeat,
                kind,
                p50_ns,
                failure,
                left_ns,
            } => {
                self.left = *left_ns;
                let name = self.name(cell, *repeat, *kind);
                self.finished(&name, *p50_ns, failure.as_deref());
            }
            Event::RunFinished { .. } => self.clear(),
        }
    }
}

fn label(planned: &PlannedCell) -> String {
    let cell = &planned.cell;
    let mut label = format!(
        "{} · {} · b={}",
        cell.model,
        cell.adapter_spec(),
        cell.batch
    );
    for (symbol, size) in &cell.shape {
        label.push_str(&format!(" {symbol}={size}"));
    }
    label
}

/// What a worker is doing.
pub fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Start => "starting",
        Phase::Load => "loading",
        Phase::Warmup => "warming up",
        Phase::Run => "measuring",
        Phase::Stretch => "measuring energy",
        Phase::Finish => "writing",
    }
}

/// Minutes and seconds: `1:05`.
pub fn clock_time(time: Nanoseconds) -> String {
    let seconds = time.as_nanos().div_ceil(1_000_000_000);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_worker_is_named_by_its_cell_and_by_what_it_is_for() {
        let mut line = ProgressLine::new(&[], 3);
        line.labels
            .insert("id".to_owned(), "mlp · rten · b=1".to_owned());
        let name = |cell, kind| line.name(cell, 1, kind);
        assert_eq!(
            name("id", Kind::Measurement),
            "mlp · rten · b=1 · repeat 2/3"
        );
        assert_eq!(name("id", Kind::Profile), "mlp · rten · b=1 · profile");
        assert_eq!(name("other", Kind::Reference), "outputs to compare with");
        assert_eq!(name("other", Kind::Harness), "getting ready");
    }

    #[test]
    fn time_left_reads_as_minutes_and_seconds() {
        assert_eq!(clock_time(Nanoseconds::from_millis(64_200)), "1:05");
        assert_eq!(clock_time(Nanoseconds::ZERO), "0:00");
    }
}
