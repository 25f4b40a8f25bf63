//! `tare run`: what was asked for becomes a plan, the plan a run in the store, the run a table.

pub mod dry;
pub mod joules;
mod peaks;
mod resume;
mod selection;
pub mod settings;
mod surroundings;
mod tuning;

use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};

use tare_clock::{Clock, MonotonicClock, utc_now};
use tare_hardware::nvml::Nvml;
use tare_harness::plan::{Plan, Refusing, leave_out, plan_named};
use tare_harness::{
    Desk, EnergyMeter, NO_PROBES, NoPeakMeter, PeakMeter, PlanError, RunOutcome, RunRequest,
    RungBook, TwinSolver, Weighing, execute,
};
use tare_report::Summary;
use tare_results::store::{RunWriter, Store};
use tare_results::{Producer, RUN_SCHEMA, Record, Run, Tuning, Verdict};

use super::{print, show, worker};
use crate::arguments::{Format, RunOptions};
use crate::exit::{Exit, Failed};
use crate::model_source::cache_folder;
use crate::progress::ProgressLine;
use crate::stop;
use crate::terminal::rewrite;
use peaks::Calibrated;
use settings::Settings;
use tuning::Held;

/// A run that can begin: planned, and with its place in the store.
struct Ready {
    run: Run,
    plan: Plan,
    done: Vec<Record>,
    writer: RunWriter,
}

/// Measures what was asked for and prints it.
///
/// # Errors
/// Where what was asked for cannot be measured at all, or records cannot be kept.
pub fn run(store: Option<&Path>, options: RunOptions) -> Result<Exit, Failed> {
    let mut held = Held::default();
    let outcome = run_holding(&mut held, store, &options);
    held.end(outcome)
}

fn run_holding(
    held: &mut Held,
    store: Option<&Path>,
    options: &RunOptions,
) -> Result<Exit, Failed> {
    let format = options.format;
    let store = show::open(store)?;
    let stop = stop::on_signals().map_err(Failed::input)?;
    let (ready, energy) = match &options.resume {
        Some(run) => {
            let ready = resume::resume(&store, run, options, held)?;
            let energy = joules::meters(
                ready.run.probes,
                (ready.run.meter.as_deref(), ready.run.meter_accuracy),
                ready.run.energy_bound,
            )?;
            (ready, energy)
        }
        None => {
            let (settings, plan) = looking(|| {
                worker::with_desk(|desk| {
                    let settings = Settings::of(options, desk)?;
                    let plan = planned(&settings, desk).map_err(|error| settings.told(error))?;
                    settings.check(&plan)?;
                    Ok((settings, plan))
                })
            })?;
            if options.dry_run {
                return print(&dry::told(&plan, &settings, &peaks::kept_rates()));
            }
            if stop.load(Ordering::SeqCst) {
                eprintln!("stopped before anything was measured");
                return Ok(Exit::Interrupted);
            }
            let tuned = held.begin(options.tune)?;
            let energy = joules::meters(
                settings.probes,
                (settings.meter.as_deref(), settings.meter_accuracy),
                settings.energy_bound,
            )?;
            (begin(&store, settings, plan, tuned)?, energy)
        }
    };
    measure(&store, ready, energy, (format, &stop))
}

/// The cells of all matrices; of a suite that leaves out what is not here, what that is on standard error.
pub fn planned(settings: &Settings, desk: &dyn Desk) -> Result<Plan, PlanError> {
    let mut matrices = settings.matrices.clone();
    let mut absent: Vec<String> = Vec::new();
    if settings.leave_out {
        let (present, left_out) = leave_out(matrices, desk)?;
        matrices = present;
        absent.extend(left_out.iter().map(ToString::to_string));
        rewrite("");
        for line in &absent {
            eprintln!("{line}");
        }
    }
    let refusing = match settings.leave_out {
        true => Refusing::LeavesOut,
        false => Refusing::Ends,
    };
    let mut plan = plan_named(&matrices, refusing, desk)?;
    rewrite("");
    for line in &plan.left_out {
        eprintln!("{line}");
    }
    plan.left_out.splice(0..0, absent);
    Ok(plan)
}

/// Says in a terminal what takes time before the first worker of a run.
pub fn looking<T>(work: impl FnOnce() -> T) -> T {
    rewrite("looking at models and adapters…");
    let done = work();
    rewrite("");
    done
}

fn begin(
    store: &Store,
    settings: Settings,
    plan: Plan,
    tuned: Option<Tuning>,
) -> Result<Ready, Failed> {
    let run = new_run(store, settings, &plan, tuned)?;
    let writer = store.create(&run).map_err(Failed::input)?;
    Ok(Ready {
        run,
        plan,
        done: Vec::new(),
        writer,
    })
}

/// The run that `plan` becomes; nothing of it is in the store yet.
///
/// # Errors
/// Where a strict run refuses the machine, or the store cannot be looked at.
pub fn new_run(
    store: &Store,
    settings: Settings,
    plan: &Plan,
    tuned: Option<Tuning>,
) -> Result<Run, Failed> {
    let machine = tare_hardware::machine(Path::new("/"));
    let cells = plan.cells.iter().map(|work| &work.planned.cell);
    let findings = surroundings::checked((settings.checks, &settings.strict), &machine, cells)?;
    let created = utc_now();
    let salt = MonotonicClock.now().as_nanos() ^ u64::from(std::process::id());
    Ok(Run {
        schema: RUN_SCHEMA.to_owned(),
        id: store.new_run_id(&created, salt).map_err(Failed::input)?,
        created,
        producer: producer(),
        machine,
        suite: settings.suite,
        repeats: settings.repeats,
        duration_ns: settings.duration,
        max_requests: settings.max_requests,
        deadline_ns: settings.deadline,
        memory_limit_bytes: settings.memory_limit,
        reference: settings.reference,
        profile: settings.profile,
        twins: settings.twins,
        checks: settings.checks,
        strict: settings.strict,
        probes: settings.probes,
        meter: settings.meter,
        meter_accuracy: settings.meter_accuracy,
        energy_bound: settings.energy_bound,
        findings,
        tuned,
        left_out: plan.left_out.clone(),
        side: None,
        cells: plan.cells.iter().map(|work| work.planned.clone()).collect(),
    })
}

fn measure(
    store: &Store,
    ready: Ready,
    energy: EnergyMeter,
    (format, stop): (Format, &AtomicBool),
) -> Result<Exit, Failed> {
    let Ready {
        run,
        plan,
        done,
        writer,
    } = ready;
    let peaks: Box<dyn PeakMeter> = match run.probes {
        true => Box::new(Calibrated::for_cells(&run.cells, &run.machine)?),
        false => Box::new(NoPeakMeter(NO_PROBES.to_owned())),
    };
    let mut progress = ProgressLine::new(&run.cells, run.repeats);
    let outcome = execute(
        RunRequest {
            run: run.clone(),
            plan,
            done,
            program: worker::program()?,
            writer,
            nvml: Nvml::shared(),
            energy,
            peaks,
            weighing: weighing(),
            stop,
        },
        &MonotonicClock,
        &mut progress,
    )
    .map_err(Failed::cell)?;
    let (summaries, analysis) = show::summaries(store, &run, &outcome.records);
    print(&show::render(&summaries, &analysis, format)?)?;
    afterword(store, &run, &outcome, &summaries, format);
    Ok(exit(&outcome, &summaries))
}

/// Twins by the solver; where there is no folder for a cache, their rungs are found anew in each run.
pub fn weighing() -> Weighing {
    let folder = cache_folder("twins");
    Weighing {
        maker: Rc::new(TwinSolver),
        book: folder.map_or_else(
            |_| RungBook::default(),
            |folder| RungBook::open(folder.join("rungs.jsonl")),
        ),
    }
}

fn exit(outcome: &RunOutcome, summaries: &[Summary]) -> Exit {
    let invalid = summaries
        .iter()
        .any(|summary| summary.verdict == Verdict::Invalid);
    match (outcome.interrupted, outcome.failed, invalid) {
        (true, _, _) => Exit::Interrupted,
        (_, 1.., _) => Exit::CellFailed,
        (_, _, true) => Exit::Invalid,
        _ => Exit::Done,
    }
}

fn afterword(
    store: &Store,
    run: &Run,
    outcome: &RunOutcome,
    summaries: &[Summary],
    format: Format,
) {
    if format != Format::Table {
        for summary in summaries {
            for doubt in &summary.doubts {
                eprintln!(
                    "doubt: {} b={}: {}",
                    summary.cell.model,
                    summary.cell.batch,
                    doubt.told_of(&summary.cell)
                );
            }
        }
    }
    let folder = store.dir().join(&run.id);
    match outcome.interrupted {
        true => eprintln!(
            "stopped; what is done is in {}; go on with: tare run --resume {}{}",
            folder.display(),
            run.id,
            run.tuned.as_ref().map_or("", |_| " --tune")
        ),
        false => eprintln!("run {} is in {}", run.id, folder.display()),
    }
}

fn producer() -> Producer {
    Producer {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: option_env!("TARE_COMMIT").map(str::to_owned),
        profile: match cfg!(debug_assertions) {
            true => "debug",
            false => "release",
        }
        .to_owned(),
        binary_sha256: binary_sha256(),
    }
}

fn binary_sha256() -> Option<String> {
    let bytes = std::fs::read(std::env::current_exe().ok()?).ok()?;
    Some(tare_results::sha256_hex(&bytes))
}
