//! What holds for any blocks: by many seeded draws.

mod common;

use common::Random;
use tare_gate::{Contrasts, Decision, Design, Limits, Look, Metric, NullDistribution, Plan};

fn plan() -> Plan {
    Plan::noisy(Metric::P50.limits()).expect("a plan")
}

fn draws(random: &mut Random, blocks: usize) -> Vec<(f64, f64)> {
    let spread = 0.3 * random.uniform();
    let worse = random.around(0.1);
    let block = |_| (random.around(spread), worse + random.around(spread));
    (0..blocks).map(block).collect()
}

/// The sums of the ranks of the differences below `shift` and above it; ranks are by distance from it, from 1.
fn signed_ranks(blocks: &[(f64, f64)], shift: f64) -> (u64, u64) {
    let difference = |(baseline, candidate): &(f64, f64)| candidate - baseline - shift;
    let mut from: Vec<f64> = blocks.iter().map(difference).collect();
    from.sort_by(|one, other| one.abs().total_cmp(&other.abs()));
    let sum = |sign: f64| {
        let ranks = from.iter().zip(1..);
        ranks
            .filter(|(one, _)| **one * sign > 0.0)
            .map(|(_, rank)| rank)
            .sum()
    };
    (sum(-1.0), sum(1.0))
}

fn order(decision: Option<Decision>) -> u8 {
    match decision {
        Some(Decision::Improvement) => 0,
        Some(Decision::Pass) => 1,
        None => 2,
        Some(Decision::Regression) => 3,
    }
}

#[test]
fn bounds_and_signed_ranks_decide_alike() {
    let (plan, mut random) = (plan(), Random::new(20));
    let mut decided = 0;
    for _ in 0..20 {
        for look in plan.looks() {
            let blocks = draws(&mut random, look.blocks);
            let below = signed_ranks(&blocks, plan.tolerance()).0;
            let above = signed_ranks(&blocks, plan.must_detect()).1;
            let regression = look.regression.is_some_and(|most| below <= most);
            let pass = look.pass.is_some_and(|most| above <= most);
            let decision = plan.decide(*look, &blocks);
            assert_eq!(decision == Some(Decision::Regression), regression);
            assert_eq!(decision.is_some(), regression || pass);
            let seen = plan.see(*look, &blocks).expect("blocks");
            let low = seen.low.is_some_and(|low| low > plan.tolerance());
            let high = seen.high.is_some_and(|high| high < plan.must_detect());
            assert_eq!((low, high), (regression, pass));
            decided += usize::from(decision.is_some());
        }
    }
    assert!(decided > 40, "{decided} of 160 looks decided");
}

#[test]
fn contrasts_are_counted_as_they_would_be_made_equal_ones_too() {
    let mut random = Random::new(25);
    for design in [Design::Paired, Design::Unpaired] {
        for count in 0..30 {
            let coarse = |random: &mut Random| (4.0 * random.around(1.0)).round();
            let blocks: Vec<(f64, f64)> = (0..count)
                .map(|_| (coarse(&mut random), coarse(&mut random)))
                .collect();
            let contrasts = design.contrasts(&blocks);
            let all: Vec<f64> = (0..).map_while(|place| contrasts.at(place)).collect();
            for shift in [-2.0, -0.5, 0.0, 0.5, 1.0] {
                let below = all.iter().filter(|one| **one <= shift).count() as u64;
                let above = all.iter().filter(|one| **one >= shift).count() as u64;
                let counts = design.counts(&blocks);
                let counted = (counts.at_or_below(shift), counts.at_or_above(shift));
                assert_eq!(counted, (below, above), "{design:?} {blocks:?}");
            }
        }
    }
}

#[test]
fn the_order_of_blocks_within_a_look_changes_nothing() {
    let (plan, mut random) = (plan(), Random::new(21));
    for look in plan.looks() {
        let mut blocks = draws(&mut random, look.blocks);
        let before = plan.see(*look, &blocks);
        for place in (1..blocks.len()).rev() {
            let other = (random.uniform() * (place + 1) as f64) as usize;
            blocks.swap(place, other);
        }
        assert_eq!(plan.see(*look, &blocks), before);
    }
}

#[test]
fn a_slower_candidate_never_looks_better() {
    let (plan, mut random) = (plan(), Random::new(22));
    let mut changes = 0;
    for look in plan.looks().to_vec() {
        for _ in 0..20 {
            let blocks = draws(&mut random, look.blocks);
            let at = |shift: f64| {
                let shifted: Vec<(f64, f64)> = blocks
                    .iter()
                    .map(|(one, other)| (*one, other + shift))
                    .collect();
                order(plan.decide(look, &shifted))
            };
            let all: Vec<u8> = (-40..40).map(|step| at(f64::from(step) / 100.0)).collect();
            assert!(all.is_sorted(), "{all:?}");
            changes += usize::from(all.first() < all.last());
        }
    }
    assert!(changes > 120, "{changes} of 160 went from better to worse");
}

#[test]
fn a_machine_that_is_slower_for_both_changes_nothing_that_counts() {
    let (plan, mut random) = (plan(), Random::new(23));
    for look in plan.looks().to_vec() {
        let blocks = draws(&mut random, look.blocks);
        let slower: Vec<(f64, f64)> = blocks
            .iter()
            .map(|(one, other)| (one + 0.5, other + 0.5))
            .collect();
        let [before, after] =
            [&blocks, &slower].map(|blocks| plan.see(look, blocks).expect("blocks"));
        assert_eq!(plan.decide(look, &blocks), plan.decide(look, &slower));
        assert!((before.value - after.value).abs() < 1e-12);
    }
}

#[test]
fn the_bounds_hold_the_truth_as_often_as_they_say_over_all_looks() {
    let (plan, mut random) = (plan(), Random::new(24));
    let gates = 20_000;
    let most = plan.looks().last().map_or(0, |look: &Look| look.blocks);
    let misses = (0..gates).filter(|_| {
        let blocks: Vec<(f64, f64)> = (0..most)
            .map(|_| (random.around(0.1), 0.03 + random.around(0.1)))
            .collect();
        plan.looks().iter().any(|look| {
            let counts = Design::Paired.counts(&blocks[..look.blocks]);
            let low = look
                .regression
                .is_some_and(|most| counts.at_or_below(0.03) <= most);
            let high = look
                .pass
                .is_some_and(|most| counts.at_or_above(0.03) <= most);
            low || high
        })
    });
    let share = misses.count() as f64 / f64::from(gates);
    let allowed = 1.0 - plan.confidence();
    assert!(
        share < allowed + 3.0 * (allowed / f64::from(gates)).sqrt(),
        "{share}"
    );
    assert!(share > allowed / 2.0, "bounds are needlessly wide: {share}");
}

#[test]
fn the_null_distributions_are_those_of_the_published_tables() {
    let ten = NullDistribution::of(Design::Paired, 10);
    assert_eq!(ten.at_most(0), 1.0 / 1024.0);
    assert_eq!(ten.at_most(10), 43.0 / 1024.0);
    assert_eq!(ten.at_most(1_000), 1.0);
    let cut_off = |design, count| NullDistribution::of(design, count).cut_off(0.025);
    let signed = [
        (5, None),
        (6, Some(0)),
        (10, Some(8)),
        (16, Some(29)),
        (25, Some(89)),
    ];
    for (count, most) in signed {
        assert_eq!(
            cut_off(Design::Paired, count),
            most,
            "{count} signed ranks at 5%"
        );
    }
    let sums = [
        (3, None),
        (4, Some(0)),
        (5, Some(2)),
        (8, Some(13)),
        (12, Some(37)),
    ];
    for (count, most) in sums {
        assert_eq!(
            cut_off(Design::Unpaired, count),
            most,
            "two times {count} at 5%"
        );
    }
    let five = NullDistribution::of(Design::Unpaired, 5);
    assert!((five.at_most(0) - 1.0 / 252.0).abs() < 1e-15);
}

#[test]
fn contrasts_are_means_of_pairs_or_differences_between_samples() {
    let paired = Design::Paired.contrasts(&[(0.0, 1.0), (0.0, 2.0), (0.0, 100.0)]);
    assert_eq!(
        paired.median(),
        Some(26.25),
        "of 1, 1.5, 2, 50.5, 51 and 100"
    );
    assert_eq!(
        (paired.at(1), paired.from_above(0)),
        (Some(1.5), Some(100.0))
    );
    assert_eq!(paired.at(6), None);
    let unpaired = Contrasts::between(&[1.0, 2.0], &[4.0, 8.0]);
    assert_eq!(unpaired.median(), Some(4.5), "of 2, 3, 6 and 7");
    assert_eq!(Contrasts::between(&[], &[]).median(), None);
}

#[test]
fn gates_that_share_their_errors_have_stricter_cut_offs_and_skip_looks_that_cannot_tell() {
    let limits = Metric::P50.limits();
    let shared = Limits {
        errors: limits.errors.shared_by(20),
        ..limits
    };
    let shared = Plan::noisy(shared).expect("a plan");
    for (own, alone) in shared.looks().iter().zip(plan().looks()) {
        assert_eq!((own.blocks, own.pass), (alone.blocks, alone.pass));
        assert!(own.regression < alone.regression, "{own:?}");
    }
    assert_eq!(
        shared.looks()[0].regression,
        None,
        "ten blocks cannot tell that well"
    );
}

#[test]
fn limits_that_could_never_decide_are_refused() {
    let error = |change: fn(&mut Limits)| {
        let mut limits = Metric::P50.limits();
        change(&mut limits);
        Plan::noisy(limits).expect_err("no plan").to_string()
    };
    let same = error(|limits| limits.tolerance = 0.05);
    assert!(
        same.contains("5.0%, is not beyond the tolerance, 5.0%"),
        "{same}"
    );
    let none = error(|limits| limits.tolerance = f64::NAN);
    assert!(none.contains("NaN% is below 0 or no number"), "{none}");
    let rate = error(|limits| limits.errors.false_alarm = 0.0);
    assert!(
        rate.contains("a rate of false alarms of 0 is not"),
        "{rate}"
    );
    let hopeless = error(|limits| limits.errors.false_alarm = 1e-100);
    assert!(hopeless.contains("no number of blocks up to"), "{hopeless}");
}
