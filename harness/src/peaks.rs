//! What the machine gives beside each repeat: a probe before and after it, and the peaks that follow.

use tare_results::{CellPeaks, Doubt, PeaksDoubt, PlannedCell, ProbeReading, ProbesBeside, Record};

/// Who measures what the machine can do.
pub trait PeakMeter {
    /// What it gives `cell` now.
    ///
    /// # Errors
    /// Why that is not known.
    fn probe(&self, cell: &PlannedCell) -> Result<ProbeReading, String>;

    /// What it could do for `cell` between two probes, with the reasons not to trust it fully.
    ///
    /// # Errors
    /// Why that is not known.
    fn peaks(
        &self,
        cell: &PlannedCell,
        before: Result<&ProbeReading, &str>,
        after: Result<&ProbeReading, &str>,
    ) -> Result<(CellPeaks, Vec<PeaksDoubt>), String>;
}

/// Measures nothing, for this reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoPeakMeter(pub String);

impl PeakMeter for NoPeakMeter {
    fn probe(&self, _: &PlannedCell) -> Result<ProbeReading, String> {
        Err(self.0.clone())
    }

    fn peaks(
        &self,
        _: &PlannedCell,
        _: Result<&ProbeReading, &str>,
        _: Result<&ProbeReading, &str>,
    ) -> Result<(CellPeaks, Vec<PeaksDoubt>), String> {
        Err(self.0.clone())
    }
}

/// What the machine gave beside one repeat.
#[derive(Debug, Clone, PartialEq)]
pub struct Gave {
    before: Result<ProbeReading, String>,
    after: Result<ProbeReading, String>,
    peaks: Result<(CellPeaks, Vec<PeaksDoubt>), String>,
}

impl Gave {
    /// Between `before` and another probe, made now, when a worker of `cell` has ended.
    pub fn until_now(
        meter: &dyn PeakMeter,
        cell: &PlannedCell,
        before: Result<ProbeReading, String>,
    ) -> Self {
        let after = meter.probe(cell);
        let peaks = meter.peaks(
            cell,
            before.as_ref().map_err(String::as_str),
            after.as_ref().map_err(String::as_str),
        );
        Self {
            before,
            after,
            peaks,
        }
    }

    /// Says so in `record`.
    pub fn put(self, record: &mut Record) {
        let mut reading = |name: &str, reading: Result<ProbeReading, String>| {
            let reason = reading.as_ref().err().cloned();
            let reason = reason.map(|reason| (format!("probe.{name}"), reason));
            record.missing.extend(reason);
            reading.ok()
        };
        record.probe = Some(ProbesBeside {
            before: reading("before", self.before),
            after: reading("after", self.after),
        });
        match self.peaks {
            Ok((peaks, doubts)) => {
                record.peaks = Some(peaks);
                let doubts = doubts.into_iter().map(|why| Doubt::Peaks { why });
                record.doubts.extend(doubts);
            }
            Err(reason) => {
                record.missing.insert("peaks".to_owned(), reason);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tare_units::{BytesPerSecond, FlopsPerSecond, Rate};

    use super::*;
    use crate::compose::tests::built;

    /// Gives twice as much at each probe as at the one before, and fails at the third.
    struct Doubling(Cell<u64>);

    fn reading(flops: f64) -> ProbeReading {
        ProbeReading {
            precision: "fp32".to_owned(),
            threads: 1,
            kernel: "k".to_owned(),
            flops_per_s: FlopsPerSecond::from_per_s(flops),
            bytes_per_s: BytesPerSecond::from_per_s(1.0),
        }
    }

    impl PeakMeter for Doubling {
        fn probe(&self, _: &PlannedCell) -> Result<ProbeReading, String> {
            let probes = self.0.replace(self.0.get() + 1);
            match probes {
                0 | 1 => Ok(reading((probes + 1) as f64)),
                _ => Err("it was killed".to_owned()),
            }
        }

        fn peaks(
            &self,
            _: &PlannedCell,
            before: Result<&ProbeReading, &str>,
            after: Result<&ProbeReading, &str>,
        ) -> Result<(CellPeaks, Vec<PeaksDoubt>), String> {
            let (before, after) = (before?.flops_per_s, after?.flops_per_s);
            let peaks = CellPeaks {
                flops_per_s: FlopsPerSecond::from_per_s(before.per_s() * 10.0 + after.per_s()),
                bytes_per_s: BytesPerSecond::from_per_s(1.0),
                level: "L2".to_owned(),
                h2d_bytes_per_s: None,
                d2h_bytes_per_s: None,
                calibrated_at: "2026-01-01T00:00:00Z".to_owned(),
            };
            let reason = "so".to_owned();
            Ok((peaks, vec![PeaksDoubt::ProbeLacks { reason }]))
        }
    }

    fn put(meter: &dyn PeakMeter) -> Record {
        let run = built::run("20261121-104656-3f9a", vec![built::cell(1)]);
        let cell = &run.cells[0];
        let mut record = Record {
            peaks: None,
            probe: None,
            ..built::record(&run.id, cell.cell.clone(), 0)
        };
        Gave::until_now(meter, cell, meter.probe(cell)).put(&mut record);
        record
    }

    #[test]
    fn a_record_holds_the_probes_in_their_order_and_the_peaks_that_follow_with_their_doubts() {
        let record = put(&Doubling(Cell::new(0)));
        let expected = ProbesBeside {
            before: Some(reading(1.0)),
            after: Some(reading(2.0)),
        };
        assert_eq!(record.probe, Some(expected));
        let peaks = record.peaks.expect("peaks");
        assert_eq!(peaks.flops_per_s, FlopsPerSecond::from_per_s(12.0));
        let reason = "so".to_owned();
        let why = PeaksDoubt::ProbeLacks { reason };
        assert_eq!(record.doubts, [Doubt::Peaks { why }]);
        assert!(!record.missing.contains_key("peaks"));
    }

    #[test]
    fn a_probe_that_fails_and_peaks_that_cannot_follow_are_reasons() {
        let record = put(&Doubling(Cell::new(1)));
        let probe = record.probe.expect("one of them");
        assert_eq!((probe.before, probe.after), (Some(reading(2.0)), None));
        assert_eq!(record.peaks, None);
        for path in ["probe.after", "peaks"] {
            assert_eq!(record.missing[path], "it was killed", "{path}");
        }
        let none = put(&NoPeakMeter("not asked for".to_owned()));
        for path in ["probe.before", "probe.after", "peaks"] {
            assert_eq!(none.missing[path], "not asked for", "{path}");
        }
    }
}
