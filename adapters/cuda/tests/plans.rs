//! Plans of the zoo: how many steps there are before and after fusion, what the arena takes, and that they are data.

mod common;

use std::collections::BTreeMap;

use common::outlined;
use tare_adapter_cuda::plan::{Place, Plan};
use tare_adapter_cuda::{Fusion, Held, plan_of};
use tare_models::Facts;

/// Steps of plain and of fused plans; a change of either is to be looked at and written here.
const STEPS: [(&str, usize, usize); 8] = [
    ("mlp", 11, 4),
    ("bert-tiny", 65, 21),
    ("bert-base", 335, 91),
    ("gpt2", 320, 89),
    ("vit-b-32", 271, 89),
    ("resnet-50", 175, 56),
    ("squeezebert", 311, 211),
    ("mobilebert", 1507, 493),
];

/// The quotient of a global average pooling, which the facts leave out, as a share of all operations.
const COUNTED: f64 = 1e-6;

/// How much larger than what lives at once an arena may be.
const LOOSE: f64 = 1.2;

fn plans(name: &str) -> (Plan, Plan, Facts) {
    let resolved = outlined(name);
    let plan = |fusion| plan_of(&resolved, fusion, Held::F32).expect("planned").0;
    (plan(Fusion::None), plan(Fusion::Full), Facts::of(&resolved))
}

#[test]
fn fusion_leaves_so_many_steps() {
    let found = STEPS.map(|(name, _, _)| {
        let (plain, fused, _) = plans(name);
        println!(
            "{name}: {} steps, {} fused; arena {} fused, of {} live at once and {} unshared; {} plain",
            plain.steps.len(),
            fused.steps.len(),
            fused.arena_bytes,
            fused.peak_bytes,
            fused.unshared_bytes,
            plain.arena_bytes,
        );
        (name, plain.steps.len(), fused.steps.len())
    });
    assert_eq!(found, STEPS);
}

#[test]
fn an_arena_is_hardly_larger_than_what_lives_at_once() {
    for (name, _, _) in STEPS {
        let (plain, fused, _) = plans(name);
        for plan in [plain, fused] {
            let (arena, peak) = (plan.arena_bytes.as_bytes(), plan.peak_bytes.as_bytes());
            assert!(arena >= peak, "{name}");
            assert!(
                arena as f64 <= LOOSE * peak as f64,
                "{name}: {arena} of {peak}"
            );
            assert!(plan.arena_bytes <= plan.unshared_bytes, "{name}");
        }
    }
}

#[test]
fn no_two_buffers_that_live_at_once_share_a_byte() {
    for (name, _, _) in STEPS {
        let (plain, fused, _) = plans(name);
        for plan in [plain, fused] {
            assert_eq!(overlapping(&plan), None, "{name}");
        }
    }
}

/// Two buffers of the arena that share bytes at one time, worked out from the plan as it is written.
fn overlapping(plan: &Plan) -> Option<(String, String)> {
    let mut lives: BTreeMap<usize, (usize, usize)> = BTreeMap::new();
    for (number, planned) in plan.steps.iter().enumerate() {
        for view in planned.step.inputs.iter().chain(&planned.step.outputs) {
            lives.entry(view.buffer.0).or_insert((number, number)).1 = number;
        }
    }
    let bytes = |number: &usize| {
        let buffer = &plan.buffers[*number];
        let Place::Arena(offset) = buffer.place else {
            return None;
        };
        let size = buffer.shape.iter().product::<usize>() as u64 * buffer.dtype.bits()? / 8;
        Some((offset.as_bytes(), offset.as_bytes() + size))
    };
    type Pair<T> = (T, T);
    let placed: Vec<(usize, Pair<u64>, Pair<usize>)> = lives
        .iter()
        .filter_map(|(number, life)| Some((*number, bytes(number)?, *life)))
        .collect();
    for (index, (one, bytes, life)) in placed.iter().enumerate() {
        for (other, others, lived) in &placed[index + 1..] {
            let at_once = life.0 <= lived.1 && lived.0 <= life.1;
            if at_once && bytes.0 < others.1 && others.0 < bytes.1 {
                let name = |number: &usize| plan.buffers[*number].name.clone();
                return Some((name(one), name(other)));
            }
        }
    }
    None
}

#[test]
fn a_plain_plan_has_the_operations_that_are_known_of_the_model() {
    for (name, _, _) in STEPS {
        let (plain, fused, facts) = plans(name);
        let (planned, known) = (plain.flops.as_operations(), facts.flops.as_operations());
        let off = planned.abs_diff(known) as f64 / known as f64;
        assert!(off < COUNTED, "{name}: {planned} of {known}");
        assert!(fused.flops.as_operations() <= planned, "{name}");
    }
}

#[test]
fn a_plan_reads_back_as_it_was_written() {
    for name in ["mlp", "bert-tiny", "vit-b-32", "resnet-50"] {
        let (_, plan, _) = plans(name);
        let text = serde_json::to_string(&plan).expect("written");
        let read: Plan = serde_json::from_str(&text).expect("read");
        assert_eq!(read, plan, "{name}");
    }
}
