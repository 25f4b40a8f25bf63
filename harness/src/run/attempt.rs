//! One worker, from its job to its record.

use tare_clock::{Clock, utc_now};
use tare_hardware::checks::GpuWatch;
use tare_hardware::energy::{Assessment, Span};
use tare_results::{Checking, Event, Kind};

use super::{Going, RunError};
use crate::compose::{About, Attempt, Beside, compose};
use crate::observe::Observer;
use crate::plan::Work;
use crate::protocol::{Job, PROTOCOL, Purpose, Request};
use crate::supervise::{Limits, outcome_of, supervise};
use crate::warmup::Bounds;

impl<C: Clock> Going<'_, C> {
    /// What a worker of `work` does.
    pub(super) fn job(&self, work: &Work, purpose: Purpose) -> Job {
        Job {
            protocol: PROTOCOL.to_owned(),
            adapter: work.spec.name.clone(),
            load: work.load.clone(),
            inputs: work.inputs.clone(),
            warmup: Bounds::default(),
            outputs: None,
            purpose,
        }
    }

    /// A fresh worker at `job`, watched until it has ended.
    pub(super) fn attempt(&mut self, work: &Work, job: Job, kind: Kind, repeat: u64) -> Attempt {
        let limits = Limits {
            deadline: self.request.run.deadline_ns,
            memory: self.request.run.memory_limit_bytes,
            own: job.own_bytes(),
        };
        let before = self.rest(kind);
        let gpu = self.gpu(work, kind);
        let started = self.clock.now();
        let cell = &work.planned.id;
        let (writer, progress) = (&mut self.request.writer, &mut *self.progress);
        let mut told = |event: Event| {
            writer.event(&event);
            progress.event(&event);
        };
        let mut watcher = Observer::new(
            (cell, kind, repeat),
            self.request.run.checks,
            &self.request.energy,
            self.clock,
            &mut told,
        )
        .beside(gpu);
        let ended = supervise(
            &work.program.with_environment(&work.environment),
            &Request::Run(Box::new(job)),
            limits,
            self.clock,
            self.request.stop,
            &mut watcher,
        );
        let mut attempt = Attempt {
            observed: watcher.into_observed(),
            outcome: outcome_of(ended),
            took: self.clock.now().saturating_sub(started),
            energy: None,
        };
        attempt.energy = self.weighed(work, kind, &attempt, before);
        if let Some(failure) = attempt.failure()
            && kind != Kind::Reference
            && attempt.took >= limits.deadline
        {
            let told = self.hung.entry(cell.clone());
            told.or_insert_with(|| failure.to_owned());
        }
        attempt
    }

    /// A window on the GPU of a worker whose surroundings count, opened before anything of tare's is on it.
    fn gpu(&self, work: &Work, kind: Kind) -> Option<GpuWatch> {
        let run = &self.request.run;
        if run.checks == Checking::Off || !kind.times_a_cell() {
            return None;
        }
        let device = &work.planned.cell.device;
        GpuWatch::on(device, &run.machine, &self.request.nvml)
    }

    /// Idle before or after a worker whose energy counts.
    fn rest(&self, kind: Kind) -> Option<Span> {
        kind.times_a_cell()
            .then(|| self.request.energy.rest(self.clock))?
    }

    /// What the timed requests of a worker cost that has ended; `before` is idle before it.
    fn weighed(
        &self,
        work: &Work,
        kind: Kind,
        attempt: &Attempt,
        before: Option<Span>,
    ) -> Option<Assessment> {
        let cell = &work.planned.cell;
        let samples = attempt.samples(cell.batch)?;
        if !kind.times_a_cell() {
            return None;
        }
        let idle = [before, self.rest(kind)];
        let stretches = attempt.observed.stretches();
        let place = (cell.device.as_str(), &self.request.run.machine);
        let energy = &self.request.energy;
        Some(energy.assess((stretches, idle), samples, place, self.clock))
    }

    /// Appends the record of a worker, unless the run was stopped over it.
    pub(super) fn keep(
        &mut self,
        work: &Work,
        (kind, repeat): (Kind, u64),
        attempt: Attempt,
        beside: Beside,
    ) -> Result<(), RunError> {
        if matches!(attempt.outcome, Ok(None)) {
            return Ok(());
        }
        let about = About {
            run: &self.request.run,
            work,
            kind,
            repeat,
            harness: &self.harness,
            created: utc_now(),
        };
        let record = compose(about, attempt, beside);
        self.request.writer.append(&record)?;
        self.records.push(record);
        Ok(())
    }
}
