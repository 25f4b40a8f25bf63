//! What the parent sees of a worker from outside, phase by phase; it reads while the worker stands still.

mod memory;

use std::path::Path;

use tare_clock::Clock;
use tare_hardware::checks::{GpuWatch, Watch, allowed_cpus};
use tare_hardware::energy::Span;
use tare_hardware::{
    CounterProbe, CounterReading, CpuProbe, CpuReading, MemoryProbe, Probe, ProcessMemory,
    VramWatch, counters,
};
use tare_results::{Checking, Counters, Event, Finding, Kind, Memory, Missing, Phase};
use tare_units::{Bytes, Nanoseconds};

use crate::energy::{Scales, Spans};
use crate::protocol::{Answer, Reached, Stretch};
use crate::supervise::Watcher;
use memory::MemorySeen;

/// Polls between two looks at frequencies, which interrupt a processor for microseconds, and at GPUs: a tenth of a second.
const POLLS: u64 = 5;
/// Why nothing was read of a run that asked for no probes.
pub const NO_PROBES: &str = "no probes were asked for";
/// Why a reading is not there when the worker died before it.
const TOO_EARLY: &str = "the worker did not get so far";

/// Reads a worker's probes, and passes on what happens.
pub struct Observer<'a, C> {
    cell: &'a str,
    kind: Kind,
    repeat: u64,
    tell: &'a mut dyn FnMut(Event),
    clock: &'a C,
    scales: &'a Scales<'a>,
    is_checked: bool,
    gpu: Option<GpuWatch>,
    vram: Option<VramWatch>,
    is_probed: bool,
    probes: Option<Probes<'a, C>>,
    observed: Observed,
}

/// The probes of one worker.
struct Probes<'a, C> {
    cpus: Vec<u64>,
    surroundings: Option<Watch>,
    polls: u64,
    memory: MemoryProbe,
    cpu: CpuProbe<'a, C>,
    counters: CounterProbe,
}

/// What was seen of one worker.
#[derive(Debug, Default)]
pub struct Observed {
    memory: MemorySeen,
    counted: Option<(CpuReading, CounterReading)>,
    /// The thread that began the timed part.
    issuing: Option<u32>,
    findings: Vec<Finding>,
    spans: Spans,
    is_timed: bool,
    is_unprobed: bool,
}

impl<'a, C: Clock> Observer<'a, C> {
    /// Of the worker that does `repeat` of `cell`.
    pub fn new(
        (cell, kind, repeat): (&'a str, Kind, u64),
        (checks, is_probed): (Checking, bool),
        scales: &'a Scales<'a>,
        clock: &'a C,
        tell: &'a mut dyn FnMut(Event),
    ) -> Self {
        Self {
            cell,
            kind,
            repeat,
            tell,
            clock,
            scales,
            is_checked: checks != Checking::Off,
            is_probed,
            gpu: None,
            vram: None,
            probes: None,
            observed: Observed::default(),
        }
    }

    /// With windows on the GPU that the worker is going to use, and on its memory.
    pub fn beside(self, (gpu, vram): (Option<GpuWatch>, Option<VramWatch>)) -> Self {
        Self { gpu, vram, ..self }
    }

    /// What was seen.
    pub fn into_observed(mut self) -> Observed {
        let gpu = self.gpu.map_or_else(Vec::new, GpuWatch::end);
        self.observed.findings.extend(gpu);
        self.observed.memory.vram = self.vram.map(VramWatch::end);
        Observed {
            is_timed: self.kind.is_timed(),
            is_unprobed: !self.is_probed,
            ..self.observed
        }
    }

    /// Reads what a worker shows that is about to go on to `phase`.
    fn read(&mut self, pid: u32, phase: Phase, own: Bytes) {
        let now = || ProcessMemory::of(pid, Path::new("/")).read_tree();
        self.observed.memory.own = own;
        if phase != Phase::Start
            && let Some(vram) = &mut self.vram
        {
            vram.sample(pid);
        }
        match phase {
            Phase::Load => {
                self.observed.memory.before_load = Some(now());
                self.loading(pid);
            }
            Phase::Warmup => {
                self.observed.memory.after_load = Some(now());
                if self.kind.times_a_cell() {
                    self.observed.spans.loaded = self.scales.rest(self.clock);
                }
            }
            Phase::Run => self.running(pid),
            Phase::Finish => self.finishing(pid),
            Phase::Start | Phase::Stretch => {}
        }
    }

    fn loading(&mut self, pid: u32) {
        let root = Path::new("/");
        let mut probes = Probes {
            cpus: allowed_cpus(root, pid).unwrap_or_default(),
            surroundings: None,
            polls: 0,
            memory: MemoryProbe::of(pid, root),
            cpu: CpuProbe::of(pid, root, self.clock),
            counters: CounterProbe::of(pid, root),
        };
        // Where a window cannot be opened, its end carries the reason.
        let _ = probes.memory.begin();
        if self.kind.is_timed() {
            let _ = probes.counters.attach();
        }
        self.probes = Some(probes);
    }

    /// The memory's first window ends and its second begins; the others begin last, so that they hold nothing of this.
    fn running(&mut self, pid: u32) {
        let is_checked = self.is_checked && self.kind.times_a_cell();
        let Some(probes) = &mut self.probes else {
            return;
        };
        self.observed.memory.before_run = Some(probes.memory.end());
        let _ = probes.memory.begin();
        if self.kind.is_timed() {
            let watch = || Watch::begin(Path::new("/"), pid, &probes.cpus);
            probes.surroundings = is_checked.then(watch);
            let _ = probes.cpu.begin();
            let _ = probes.counters.begin();
            let now = self.clock.now();
            self.observed.spans.timed = Some(Span { from: now, to: now });
        }
    }

    fn finishing(&mut self, pid: u32) {
        if let Some(timed) = &mut self.observed.spans.timed {
            timed.to = self.clock.now();
        }
        let Some(mut probes) = self.probes.take() else {
            return;
        };
        if self.kind.is_timed() {
            let counted = probes.counters.end();
            self.observed.counted = Some((probes.cpu.end(), counted));
            if let Some(gpu) = self.gpu.as_mut().filter(|_| probes.surroundings.is_some()) {
                gpu.sample_beside(pid);
            }
            self.observed.findings = probes.surroundings.map_or_else(Vec::new, Watch::end);
        }
        self.observed.memory.last = Some(probes.memory.end());
    }
}

impl<C: Clock> Watcher for Observer<'_, C> {
    fn started(&mut self, pid: u32) {
        (self.tell)(Event::WorkerStarted {
            cell: self.cell.to_owned(),
            repeat: self.repeat,
            kind: self.kind,
            pid,
        });
    }

    fn phase(&mut self, pid: u32, reached: Reached) {
        let phase = reached.phase;
        if self.is_probed {
            if phase == Phase::Run {
                self.observed.issuing = reached.thread;
            }
            self.read(pid, phase, reached.own_bytes);
        }
        (self.tell)(Event::PhaseReached {
            cell: self.cell.to_owned(),
            repeat: self.repeat,
            phase,
        });
    }

    fn timed(&mut self, stretch: Option<Stretch>, deadline: Nanoseconds) -> Answer {
        if !self.kind.times_a_cell() {
            return Answer::Go;
        }
        let spans = &mut self.observed.spans;
        spans.stretches.extend(stretch);
        let answer = self.scales.answer(spans, deadline, self.clock);
        if let Answer::More(length_ns) = answer {
            (self.tell)(Event::WorkerStretched {
                cell: self.cell.to_owned(),
                repeat: self.repeat,
                length_ns,
            });
        }
        answer
    }

    fn resident(&mut self, pid: u32) -> Option<Bytes> {
        match &mut self.probes {
            Some(probes) => {
                probes.polls += 1;
                if probes.polls.is_multiple_of(POLLS) {
                    if let Some(watch) = &mut probes.surroundings {
                        watch.sample();
                        if let Some(gpu) = &mut self.gpu {
                            gpu.sample_beside(pid);
                        }
                    }
                    if let Some(vram) = &mut self.vram {
                        vram.sample(pid);
                    }
                }
                probes.memory.look().ok()
            }
            None if self.is_probed => ProcessMemory::of(pid, Path::new("/")).tree_rss().ok(),
            None => None,
        }
    }
}

impl Observed {
    /// When requests were timed, what was done beyond them, and when the model was loaded and idle.
    pub fn spans(&self) -> &Spans {
        &self.spans
    }

    /// Puts in what stood before the worker and after it, of each check the one that is a problem.
    pub fn stood(&mut self, before: Vec<Finding>, after: Vec<Finding>) {
        let mut stood = before;
        for finding in after {
            match stood.iter_mut().find(|known| known.check == finding.check) {
                Some(known) if finding.is_problem() && !known.is_problem() => *known = finding,
                Some(_) => {}
                None => stood.push(finding),
            }
        }
        stood.append(&mut self.findings);
        self.findings = stood;
    }

    /// What the checks found before, after, and while requests were timed.
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// The figures of a worker on `device`, and the reasons for those that are not there; no counters where nothing was timed.
    pub fn into_parts(self, device: &str) -> (Option<Memory>, Option<Counters>, Missing) {
        if self.is_unprobed {
            let lacking = |group: &str| (group.to_owned(), NO_PROBES.to_owned());
            let counters = self.is_timed.then(|| lacking("counters"));
            let missing = [lacking("memory")].into_iter().chain(counters).collect();
            return (None, None, missing);
        }
        let (memory, mut missing) = self.memory.into_parts(device);
        let issuing = self.issuing;
        let counted = self
            .counted
            .map(|(cpu, counted)| counters(&cpu, &counted, issuing));
        let counters = match counted {
            Some((counters, reasons)) => {
                missing.extend(reasons);
                Some(counters)
            }
            None => {
                if self.is_timed {
                    missing.insert("counters".to_owned(), TOO_EARLY.to_owned());
                }
                None
            }
        };
        (Some(memory), counters, missing)
    }
}

#[cfg(test)]
mod gpu_tests;
#[cfg(test)]
mod tests;
