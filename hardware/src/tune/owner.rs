//! The settings of a machine while it is tuned: whoever holds this restores them by letting go.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::guardian::Guardian;
use super::journal::{self, Journal};
use super::settings::{self, Setting};
use super::{ClockError, GpuClock, GpuClocks, TuneError, restore};
use crate::root::Root;

/// A tuned machine; dropping it restores what was, on unwinding too.
pub struct Tuned {
    root: PathBuf,
    journal: PathBuf,
    /// Whether there is a journal, and it is this one's.
    is_owner: bool,
    changes: Vec<String>,
    left: Vec<String>,
    gpus: Box<dyn GpuClocks>,
    held: Option<File>,
    // Last: its pipe closes when the settings have been restored.
    guardian: Option<Guardian>,
}

impl Tuned {
    /// Sets every governor to `performance`, turbo off and the clocks of GPUs fixed, under `root` (`/` but for tests).
    ///
    /// `guardian` is a command that calls [`super::guard`] with the same root and journal ([`super::JOURNAL`]).
    ///
    /// # Errors
    /// Where nothing can be tuned, something may not be written, another tuning stands, or a setting is refused. The
    /// machine is then as it was.
    pub fn begin(
        root: &Path,
        journal: &Path,
        guardian: Command,
        gpus: Box<dyn GpuClocks>,
    ) -> Result<Self, TuneError> {
        if journal.exists() {
            let journal = journal.to_owned();
            return Err(TuneError::Pending { journal });
        }
        let mut plan = Plan::of(&Root::new(root), gpus.as_ref())?;
        let is_owner = !plan.is_empty();
        if is_owner {
            plan.journal().write(journal)?;
        }
        // Only from here on is the journal this owner's to act upon.
        let mut tuned = Self {
            root: root.to_owned(),
            journal: journal.to_owned(),
            is_owner,
            changes: Vec::new(),
            left: Vec::new(),
            gpus,
            held: None,
            guardian: None,
        };
        if is_owner {
            tuned.held = Some(journal::hold(journal)?);
            tuned.guardian = Some(Guardian::start(guardian)?);
            if let Err(error) = tuned.apply(&mut plan) {
                tuned.set_back()?;
                return Err(error);
            }
        }
        tuned.changes = plan.changes();
        tuned.left = plan.left;
        Ok(tuned)
    }

    /// What was changed, a line each; empty where the machine was tuned already.
    pub fn changes(&self) -> &[String] {
        &self.changes
    }

    /// Why the rest was left as it is, a line each: what the machine does not offer.
    pub fn left(&self) -> &[String] {
        &self.left
    }

    /// Restores what was, and says what could not be.
    ///
    /// # Errors
    /// As [`restore`].
    pub fn restore(mut self) -> Result<Vec<String>, TuneError> {
        self.set_back()
    }

    fn set_back(&mut self) -> Result<Vec<String>, TuneError> {
        match self.is_owner {
            true => restore(&self.root, &self.journal, self.gpus.as_ref()),
            false => Ok(Vec::new()),
        }
    }

    /// GPUs first: those that the driver withholds leave plan and journal before anything else is changed.
    fn apply(&mut self, plan: &mut Plan) -> Result<(), TuneError> {
        if plan.fix(self.gpus.as_ref())? {
            plan.journal().replace(&self.journal)?;
            self.held = Some(journal::hold(&self.journal)?);
        }
        match plan.offers_nothing() {
            true => Err(TuneError::Nothing(plan.left.join(", "))),
            false => plan.set(&Root::new(&self.root)),
        }
    }
}

impl Drop for Tuned {
    /// What fails here the guardian tries again, and says so.
    fn drop(&mut self) {
        let _ = self.set_back();
        drop(self.guardian.take());
    }
}

/// What is to be changed.
struct Plan {
    settings: Vec<Setting>,
    gpus: Vec<GpuClock>,
    left: Vec<String>,
    /// Whether the machine has settings at all, be they as wanted already.
    has_settings: bool,
}

impl Plan {
    fn of(root: &Root, gpus: &dyn GpuClocks) -> Result<Self, TuneError> {
        let (mut settings, mut left) = settings::current(root);
        let has_settings = !settings.is_empty();
        settings.retain(|setting| setting.was != setting.tuned);
        let mut clocks = Vec::new();
        for clock in gpus.current() {
            match clock {
                Ok(clock) => clocks.push(clock),
                Err(reason) => left.push(reason),
            }
        }
        let checked = settings
            .iter()
            .filter_map(|setting| setting.may_be_written(root).err());
        let files: Vec<String> = checked.collect();
        let plan = Self {
            settings,
            gpus: clocks,
            left,
            has_settings,
        };
        match (plan.offers_nothing(), files.is_empty()) {
            (true, _) => Err(TuneError::Nothing(plan.left.join(", "))),
            (_, false) => Err(TuneError::Forbidden { files }),
            _ => Ok(plan),
        }
    }

    fn is_empty(&self) -> bool {
        self.settings.is_empty() && self.gpus.is_empty()
    }

    fn offers_nothing(&self) -> bool {
        !self.has_settings && self.gpus.is_empty()
    }

    fn journal(&self) -> Journal {
        Journal::new(self.settings.clone(), self.gpus.clone())
    }

    fn changes(&self) -> Vec<String> {
        let files = self
            .settings
            .iter()
            .map(|setting| format!("{}: {} to {}", setting.file, setting.was, setting.tuned));
        let gpus = self
            .gpus
            .iter()
            .map(|clock| format!("clocks of {}: {} to fixed", clock.device, clock.was));
        files.chain(gpus).collect()
    }

    /// Fixes the clocks of GPUs; whether some of them were withheld, and left the plan.
    fn fix(&mut self, gpus: &dyn GpuClocks) -> Result<bool, TuneError> {
        let mut fixed = Vec::new();
        for clock in &self.gpus {
            let what = &clock.device;
            match gpus.fix(what) {
                Ok(()) => fixed.push(clock.clone()),
                Err(ClockError::Withheld(reason)) => {
                    self.left.push(format!("clocks of {what}: {reason}"));
                }
                Err(ClockError::Failed(error)) => {
                    let what = what.clone();
                    return Err(TuneError::NotTaken { what, error });
                }
            }
        }
        let is_less = fixed.len() < self.gpus.len();
        self.gpus = fixed;
        Ok(is_less)
    }

    fn set(&self, root: &Root) -> Result<(), TuneError> {
        for setting in &self.settings {
            let what = setting.file.clone();
            setting
                .tune(root)
                .map_err(|error| TuneError::NotTaken { what, error })?;
        }
        Ok(())
    }
}
