//! The format that everyone writes into: cells, records, doubts, machine facts, live events, and the store on disk.
#![forbid(unsafe_code)]

mod batches;
mod cell;
mod check;
mod contradiction;
mod counters;
mod decision;
mod device_peaks;
mod device_time;
mod doubt;
mod energy;
mod event;
mod fidelity;
mod hash;
mod machine;
mod measures;
mod peaks;
mod peaks_doubt;
mod profile;
mod record;
mod run;
pub mod samples;
mod schema;
mod serving;
mod serving_doubt;
pub mod store;
mod tax;
mod twin;
mod verdict;

pub use batches::Batches;
pub use cell::{Cell, ModelFacts, Runtime};
pub use check::{About, CHECKS_SCHEMA, Checking, Checks, Finding, Outcome};
pub use counters::{Count, Counters};
pub use decision::Decision;
pub use device_peaks::{Direction, LaunchCost, Transfer};
pub use device_time::{
    ActivityCounts, Copies, CopyTime, DeviceMeans, DeviceTime, KernelShare, KernelTime,
};
pub use doubt::Doubt;
pub use energy::{Energy, EnergyDoubt, EnergySource};
pub use event::Event;
pub use fidelity::{Fidelity, OutputFidelity};
pub use hash::sha256_hex;
pub use machine::{Cache, Cpu, Environment, Gpu, Machine, MemoryFacts, OperatingSystem};
pub use measures::{
    DelaysOf, HarnessCost, Latency, Load, Memory, PeakOf, Percentile, SampleFile, ScheduleSkew,
    Throughput,
};
pub use peaks::{
    BandwidthPeak, CellPeaks, ComputePeak, KernelKind, KernelPeak, PEAKS_SCHEMA, Peaks,
    ProbeReading, ProbesBeside, Spread, Timing,
};
pub use peaks_doubt::PeaksDoubt;
pub use profile::{Family, FamilyShare, NodeShare, OperatorShare, Profile};
pub use record::{Failure, Kind, Phase, Producer, RECORD_SCHEMA, Record};
pub use run::{GateRole, GateSide, PlannedCell, RUN_SCHEMA, Run, Tuning};
pub use schema::{record_schema, run_schema, schema_of};
pub use serving::{Met, ObjectiveKept, RateSearch, SearchEnd, Serving, TriedRate};
pub use serving_doubt::{Cut, ServingDoubt};
pub use tax::{Class, FloorTerm, Tax, TaxDoubt, TaxMethod, TwinFigures, Weighed};
pub use twin::TwinFacts;
pub use verdict::{Missing, Verdict, WrongOutputs};
