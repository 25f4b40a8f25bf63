//! Two plans of one cell each, side by side: the same inputs, and the outputs of the one as what the other's are compared with.

use tare_models::InputPlan;

use super::{Plan, PlanError, Work};

/// Puts `candidate` beside `baseline`: both are fed the baseline's inputs, and the candidate's outputs are compared with the
/// baseline's, which is executed once more for them; with `compared` false, each may have inputs of its own, and nothing is
/// compared.
///
/// # Errors
/// Where a plan has not exactly one cell, the inputs are others, or the outputs can never be the same.
pub fn put_beside(
    baseline: &mut Plan,
    candidate: &mut Plan,
    compared: bool,
) -> Result<(), PlanError> {
    let reference = only(baseline)?.clone();
    let mut other = only(candidate)?.clone();
    let matching = matching(&reference, &other);
    if compared {
        matching.clone().map_err(PlanError::Unmatched)?;
        comparable(&reference)?;
        comparable(&other)?;
    }
    if matching.is_ok() {
        other.inputs = reference.inputs.clone();
    }
    other.reference = match compared {
        true => Ok(0),
        false => Err("not asked for: the outputs may differ".to_owned()),
    };
    candidate.cells = vec![other];
    candidate.references = match compared {
        true => vec![as_reference(reference)],
        false => Vec::new(),
    };
    baseline.references.clear();
    only(baseline)?.reference = Err("those of the other side are compared with these".to_owned());
    Ok(())
}

fn only(plan: &mut Plan) -> Result<&mut Work, PlanError> {
    match plan.cells.as_mut_slice() {
        [] => Err(PlanError::Nothing("cell")),
        [work] => Ok(work),
        cells => Err(PlanError::Unmatched(format!(
            "a side of {} cells: name one model, adapter, batch, shape and number of threads",
            cells.len()
        ))),
    }
}

fn matching(baseline: &Work, candidate: &Work) -> Result<(), String> {
    let told = |work: &Work| {
        let inputs = work.inputs.describe().iter();
        let input = |plan: &InputPlan| {
            let spec = &plan.spec;
            format!("{} {} {:?}", spec.name, spec.dtype, spec.shape)
        };
        inputs.map(input).collect::<Vec<_>>().join(", ")
    };
    let (own, others) = (told(baseline), told(candidate));
    match own == others {
        true => Ok(()),
        false => Err(format!(
            "the baseline takes {own}, the candidate {others}: give both models with the same inputs, or let their outputs differ \
             with --allow-different-outputs"
        )),
    }
}

fn comparable(work: &Work) -> Result<(), PlanError> {
    match work.missing.get("fidelity") {
        None => Ok(()),
        Some(reason) => Err(PlanError::Unmatched(format!(
            "the outputs of '{}' cannot be compared: {reason}; --allow-different-outputs compares none",
            work.planned.cell.model
        ))),
    }
}

/// The same work, executed once for its outputs.
fn as_reference(mut work: Work) -> Work {
    work.reference = Err("the reference itself".to_owned());
    work.doubts.clear();
    work
}

#[cfg(test)]
mod tests {
    use super::super::tests::{planned, work};
    use super::*;

    fn plan(adapter: &str) -> Plan {
        let none = Err("not looked for".to_owned());
        Plan {
            cells: vec![work(planned(adapter, 1), none)],
            ..Plan::default()
        }
    }

    #[test]
    fn the_candidate_is_compared_with_the_baseline_s_own_outputs() {
        let (mut baseline, mut candidate) = (plan("rten"), plan("tract"));
        put_beside(&mut baseline, &mut candidate, true).expect("they match");
        assert_eq!(candidate.cells[0].reference, Ok(0));
        assert_eq!(candidate.references[0].spec, baseline.cells[0].spec);
        assert!(baseline.references.is_empty() && baseline.cells[0].reference.is_err());
    }

    #[test]
    fn outputs_that_may_differ_are_compared_with_none() {
        let (mut baseline, mut candidate) = (plan("rten"), plan("rten"));
        candidate.cells[0]
            .missing
            .insert("fidelity".into(), "it draws".into());
        let refused = put_beside(&mut baseline, &mut candidate, true);
        let refused = refused.expect_err("never the same").to_string();
        assert!(
            refused.contains("it draws; --allow-different-outputs"),
            "{refused}"
        );
        put_beside(&mut baseline, &mut candidate, false).expect("they may differ");
        assert!(candidate.references.is_empty() && candidate.cells[0].reference.is_err());
    }

    #[test]
    fn a_side_is_one_cell() {
        let mut two = plan("rten");
        two.cells.push(work(planned("rten", 8), Ok(0)));
        let refused = put_beside(&mut two, &mut plan("rten"), true).expect_err("two cells");
        assert!(
            refused.to_string().contains("a side of 2 cells"),
            "{refused}"
        );
        let none = put_beside(&mut plan("rten"), &mut Plan::default(), true);
        assert!(matches!(none, Err(PlanError::Nothing("cell"))));
    }
}
