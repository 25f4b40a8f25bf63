//! Cells against adapters: which the adapters refuse, what their workers need, and whose outputs theirs are compared with.

use std::collections::BTreeMap;

use tare_adapter_api::{AdapterSpec, LoadRequest, ModelFormat, Options, Readiness};

use super::{Plan, PlanError, ReferenceChoice, Work};
use crate::desk::{Absent, Consideration, Desk};

/// Refuses an adapter that is unknown or cannot run here; one whose library kills its worker costs its own cells only.
pub fn check_adapter(desk: &dyn Desk, spec: &AdapterSpec) -> Result<(), PlanError> {
    let description = desk.describe(spec).map_err(PlanError::UnknownAdapter)?;
    match description.readiness {
        Readiness::Ready(_) => Ok(()),
        Readiness::Unavailable { .. } if description.died => Ok(()),
        Readiness::Unavailable { reason, remedy } => Err(PlanError::Unavailable {
            adapter: spec.to_string(),
            reason,
            remedy,
        }),
    }
}

/// What a cell does that its adapter refuses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusing {
    /// It ends the plan.
    Ends,
    /// It is left out, unless no other is there.
    LeavesOut,
}

/// Those of `cells` that their adapters accept, with what their workers need, and what was left out.
///
/// # Errors
/// The first cell that its adapter cannot do, with the adapters that can.
pub fn settle(
    mut cells: Vec<Work>,
    refusing: Refusing,
    desk: &dyn Desk,
) -> Result<(Vec<Work>, Vec<String>), PlanError> {
    let mut gone = BTreeMap::new();
    for spec in specs(&cells) {
        let program = desk.program(&spec.name).map_err(|absent| match absent {
            Absent::Unknown(text) => PlanError::UnknownAdapter(text),
            Absent::Unavailable { reason, remedy } => PlanError::Unavailable {
                adapter: spec.to_string(),
                reason,
                remedy,
            },
        })?;
        let description = desk.describe(&spec).map_err(PlanError::UnknownAdapter)?;
        let mut own: Vec<&mut Work> = cells.iter_mut().filter(|work| work.spec == spec).collect();
        if let Some(work) = own
            .iter()
            .find(|work| !description.died && !description.formats.contains(&work.load.format))
        {
            return Err(unread(desk, work));
        }
        for (id, error) in accept(desk, &spec, &mut own) {
            match refusing {
                Refusing::Ends => return Err(error),
                Refusing::LeavesOut => gone.insert(id, error),
            };
        }
        for work in own {
            work.program = program.clone();
            work.computes = description.computes;
        }
    }
    cells.retain(|work| !gone.contains_key(&work.planned.id));
    if cells.is_empty()
        && let Some((_, error)) = gone.pop_first()
    {
        return Err(error);
    }
    let told = told(gone.values());
    Ok((cells, told))
}

/// Each reason once, with how many cells it left out.
fn told<'a>(errors: impl Iterator<Item = &'a PlanError>) -> Vec<String> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for error in errors {
        *counts.entry(error.to_string()).or_default() += 1;
    }
    let told = counts.into_iter().map(|(reason, count)| match count {
        1 => format!("left out: a cell: {reason}"),
        _ => format!("left out: {count} cells: {reason}"),
    });
    told.collect()
}

fn specs(cells: &[Work]) -> Vec<AdapterSpec> {
    let mut specs: Vec<AdapterSpec> = Vec::new();
    for work in cells {
        if !specs.contains(&work.spec) {
            specs.push(work.spec.clone());
        }
    }
    specs
}

/// Asks about `cells`; those that their adapter refuses, by id, and why.
fn accept(
    desk: &dyn Desk,
    spec: &AdapterSpec,
    cells: &mut [&mut Work],
) -> Vec<(String, PlanError)> {
    let mut refused = Vec::new();
    let asked: Vec<LoadRequest> = cells.iter().map(|work| work.question.clone()).collect();
    let answers = desk.consider(spec, &asked);
    for (work, answer) in cells.iter_mut().zip(answers) {
        if let Some(refusal) = &answer.refusal {
            let is_of_framework = !refusal.lacks.is_empty() || work.load.largest_batch.is_some();
            let able = is_of_framework.then(|| able(desk, work));
            let error = PlanError::Refused {
                model: work.planned.cell.model.clone(),
                message: refusal.message.clone(),
                able,
            };
            refused.push((work.planned.id.clone(), error));
        }
        work.environment = answer.environment;
    }
    refused
}

/// The adapters that are ready here and accept the model, without options.
fn able(desk: &dyn Desk, work: &Work) -> Vec<&'static str> {
    let others = desk.names().into_iter();
    others
        .filter(|name| *name != work.spec.name && accepts(desk, &plain(name), &work.question))
        .collect()
}

fn plain(name: &str) -> AdapterSpec {
    AdapterSpec {
        name: name.to_owned(),
        version: None,
        options: Options::new(),
    }
}

fn request_of(spec: &AdapterSpec, load: &LoadRequest) -> LoadRequest {
    LoadRequest {
        version: spec.version.clone(),
        options: spec.options.clone(),
        ..load.clone()
    }
}

fn accepts(desk: &dyn Desk, spec: &AdapterSpec, load: &LoadRequest) -> bool {
    let able = desk.describe(spec).is_ok_and(|description| {
        description.is_ready() && description.computes && description.formats.contains(&load.format)
    });
    able && considered(desk, spec, load).is_some_and(|answer| answer.refusal.is_none())
}

fn considered(desk: &dyn Desk, spec: &AdapterSpec, load: &LoadRequest) -> Option<Consideration> {
    desk.consider(spec, &[request_of(spec, load)]).pop()
}

fn unread(desk: &dyn Desk, work: &Work) -> PlanError {
    let reads = |format: ModelFormat| {
        let names = desk.names().into_iter();
        names
            .filter(|name| {
                desk.describe(&plain(name))
                    .is_ok_and(|other| other.computes && other.formats.contains(&format))
            })
            .collect()
    };
    PlanError::Format {
        adapter: work.spec.to_string(),
        model: work.planned.cell.model.clone(),
        format: work.load.format,
        able: reads(work.load.format),
    }
}

/// Finds for each cell the cell of another adapter whose outputs its own are compared with.
///
/// # Errors
/// Where the reference that was asked for is unknown or cannot run here.
pub fn refer(
    mut cells: Vec<Work>,
    choice: &ReferenceChoice,
    desk: &dyn Desk,
) -> Result<Plan, PlanError> {
    if let ReferenceChoice::Named(spec) = choice {
        check_adapter(desk, spec)?;
    }
    if *choice == ReferenceChoice::Default {
        ask_ahead(&cells, desk);
    }
    let mut references: Vec<Work> = Vec::new();
    let mut known: BTreeMap<(String, String), Result<AdapterSpec, String>> = BTreeMap::new();
    for work in &mut cells {
        if let Some(reason) = work.missing.get("fidelity") {
            work.reference = Err(reason.clone());
            continue;
        }
        let key = (work.spec.to_string(), work.planned.model.sha256.clone());
        let spec = known
            .entry(key)
            .or_insert_with(|| reference_of(work, choice, desk));
        work.reference = match spec {
            Err(reason) => Err(reason.clone()),
            Ok(spec) => place(&mut references, work, spec, desk),
        };
    }
    Ok(Plan {
        cells,
        references,
        left_out: Vec::new(),
    })
}

/// Asks the candidates about all models at once, each about those that none before it accepts.
fn ask_ahead(cells: &[Work], desk: &dyn Desk) {
    let computing = cells.iter().filter(|work| work.computes);
    let mut open: Vec<&Work> = computing.collect();
    for spec in desk.references() {
        let is_ready = desk.describe(&spec).is_ok_and(|description| {
            description.is_ready() && description.formats.contains(&ModelFormat::Onnx)
        });
        let (asked, others): (Vec<&Work>, Vec<&Work>) = open
            .into_iter()
            .partition(|work| is_ready && work.spec.name != spec.name);
        let asks = |work: &&Work| request_of(&spec, &as_reference(&work.question));
        let answers = desk.consider(&spec, &asked.iter().map(asks).collect::<Vec<_>>());
        let refused = asked.into_iter().zip(answers);
        let refused = refused.filter(|(_, answer)| answer.refusal.is_some());
        open = refused.map(|(work, _)| work).chain(others).collect();
    }
}

/// As the reference loads it: on one thread of the processor, in the file's precision, for the cell's own batch alone.
fn as_reference(load: &LoadRequest) -> LoadRequest {
    LoadRequest {
        device: tare_adapter_api::Device::Cpu,
        threads: std::num::NonZeroUsize::MIN,
        precision: None,
        largest_batch: None,
        ..load.clone()
    }
}

fn reference_of(
    work: &Work,
    choice: &ReferenceChoice,
    desk: &dyn Desk,
) -> Result<AdapterSpec, String> {
    let candidates = match choice {
        ReferenceChoice::None => return Err("not asked for: --reference none".to_owned()),
        ReferenceChoice::Named(spec) if *spec == work.spec => {
            return Err("the reference itself".to_owned());
        }
        ReferenceChoice::Named(spec) => return Ok(spec.clone()),
        ReferenceChoice::Default if !work.computes => {
            return Err(format!("{} computes nothing", work.spec.name));
        }
        ReferenceChoice::Default => desk.references(),
    };
    let load = as_reference(&work.question);
    let other = |spec: &&AdapterSpec| spec.name != work.spec.name;
    let found = candidates
        .iter()
        .filter(other)
        .find(|spec| accepts(desk, spec, &load));
    found.cloned().ok_or_else(|| {
        let others = candidates.iter().filter(other);
        let reasons: Vec<String> = others.map(|spec| why_not(desk, spec, &load)).collect();
        format!(
            "no other framework executes this model here: {}",
            reasons.join(", ")
        )
    })
}

/// Why `spec`, which does not accept the model, is no reference for it.
fn why_not(desk: &dyn Desk, spec: &AdapterSpec, load: &LoadRequest) -> String {
    match desk.describe(spec) {
        Ok(description) if !description.is_ready() => {
            format!("{spec} is not ready (tare adapter list says what mends it)")
        }
        Ok(description) if !description.formats.contains(&load.format) => {
            format!("{spec} reads no {}", load.format)
        }
        Ok(_) => format!("{spec} refuses it"),
        Err(_) => format!("{spec} is not known"),
    }
}

/// The place of the reference for `work` among `references`, added where it is new.
fn place(
    references: &mut Vec<Work>,
    work: &Work,
    spec: &AdapterSpec,
    desk: &dyn Desk,
) -> Result<usize, String> {
    let mut reference = work.clone();
    let cell = &mut reference.planned.cell;
    cell.adapter = super::versioned(spec);
    cell.adapter_options = spec.options.clone();
    cell.scenario = "single-stream".to_owned();
    cell.scenario_options.clear();
    cell.device = "cpu".to_owned();
    cell.threads = 1;
    cell.precision = work.file_precision.clone();
    reference.planned.id = cell.id(&reference.planned.model.sha256);
    let same = |known: &Work| known.planned.id == reference.planned.id;
    if let Some(place) = references.iter().position(same) {
        return Ok(place);
    }
    reference.load = request_of(spec, &as_reference(&work.load));
    reference.question = request_of(spec, &as_reference(&work.question));
    reference.spec = spec.clone();
    reference.program = desk
        .program(&spec.name)
        .map_err(|_| format!("{spec} is not here"))?;
    reference.environment = considered(desk, spec, &reference.question)
        .map_or_else(Vec::new, |answer| answer.environment);
    reference.doubts.clear();
    reference.reference = Err("the reference itself".to_owned());
    references.push(reference);
    Ok(references.len() - 1)
}
