//! What is not measured but belongs to a cell: its profile, and how close its outputs are to the reference's.

use tare_results::{Fidelity, Profile, Record};

use super::figures::{Figures, reason};

/// Parts that a profile may be without.
const PARTS: [&str; 6] = [
    "profile.operators",
    "profile.device",
    "profile.device.perturbation",
    "profile.device.kernels",
    "profile.device.copies",
    "profile.device.activities",
];

/// The latest of `records` that holds a profile, else the latest of all.
pub fn latest<'a>(records: &[&'a Record]) -> Option<&'a Record> {
    let mut latest = records.iter().rev();
    let made = latest.find(|record| record.profile.is_some());
    made.or(records.last()).copied()
}

impl Figures<'_> {
    /// The latest profile among `records`, or why there is none.
    pub fn profile(&mut self, records: &[&Record], asked: bool) -> Option<Profile> {
        let Some(record) = latest(records) else {
            let reason = match asked {
                true => "not made yet",
                false => "not asked for: tare run --profile makes one",
            };
            self.absent("profile", Some(reason.to_owned()));
            return None;
        };
        match &record.profile {
            None => self.absent("profile", Some(reason(record, "profile"))),
            Some(profile) if profile.perturbation.is_none() => {
                let path = "profile.perturbation";
                self.absent(path, Some(reason(record, path)));
            }
            Some(_) => {}
        }
        for path in PARTS {
            if let Some(reason) = record.missing.get(path) {
                self.absent(path, Some(reason.clone()));
            }
        }
        record.profile.clone()
    }

    /// The repeat whose outputs are farthest from the reference's, or why none was compared.
    pub fn fidelity(&mut self) -> Option<Fidelity> {
        let compared = self
            .made
            .iter()
            .filter_map(|record| record.fidelity.as_ref());
        let worst = compared.max_by(|one, other| {
            let relative = one.max_relative.total_cmp(&other.max_relative);
            one.beyond().cmp(&other.beyond()).then(relative)
        });
        if worst.is_none() {
            let counted = self.counted.first();
            self.absent("fidelity", counted.map(|record| reason(record, "fidelity")));
        }
        worst.cloned()
    }
}
