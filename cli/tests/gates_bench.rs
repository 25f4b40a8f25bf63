//! What the benchmark of real gates keeps and says: a plan that is fixed, results that a stop does not lose, exact intervals.

#[path = "../benches/bare_rten/coin.rs"]
mod coin;
#[path = "../benches/gates/kept.rs"]
mod kept;
#[path = "../benches/gates/plan.rs"]
#[allow(dead_code, reason = "the benchmark takes its constants")]
mod plan;
#[path = "../benches/gates/table.rs"]
mod table;

use std::fs;

use kept::{Gate, Kept, NONE};
use plan::{Against, Plan};

fn plan(gates: usize) -> Plan {
    Plan {
        model: "mlp".to_owned(),
        more: "mlp:depth=21".to_owned(),
        batch: plan::BATCH,
        gates,
        seed: plan::SEED,
        budget: plan::BUDGET.to_owned(),
        tare_sha256: "0".repeat(64),
        machine: "here".to_owned(),
    }
}

fn gate(place: usize, against: Against, verdict: &str) -> Gate {
    Gate {
        place,
        against,
        verdict: verdict.to_owned(),
        why: None,
        worse: [Some(0.01), None, Some(0.03)],
        blocks: Some(10),
        seconds: 10.0 + place as f64,
        baseline_ns: Some(5e6),
        waited: [Some(0.1), None],
    }
}

#[test]
fn thirty_gates_of_each_kind_stand_in_an_order_of_the_seed_alone() {
    let order = plan(plan::GATES).order();
    assert_eq!(order, plan(plan::GATES).order());
    let itself = order.iter().filter(|kind| **kind == Against::Itself);
    assert_eq!((order.len(), itself.count()), (60, 30));
    let changes = order.windows(2).filter(|pair| pair[0] != pair[1]).count();
    assert!(changes > 15, "the kinds alternate by chance: {changes}");
    let other = Plan {
        seed: 2,
        ..plan(plan::GATES)
    };
    assert_ne!(order, other.order());
}

#[test]
fn what_was_stopped_goes_on_after_the_last_gate_that_ended() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("gates.jsonl");
    let mut kept = Kept::open(&path, &plan(2)).expect("new");
    for (place, kind) in [(0, Against::Itself), (1, Against::More)] {
        kept.begin().expect("written");
        kept.end(gate(place, kind, "pass")).expect("written");
    }
    kept.begin().expect("written");
    drop(kept);
    let torn = fs::read_to_string(&path).expect("results") + "{\"ended\":{\"pla";
    fs::write(&path, torn).expect("writes");
    let mut again = Kept::open(&path, &plan(2)).expect("the same plan");
    assert_eq!((again.gates.len(), again.stopped()), (2, 1));
    again.begin().expect("written");
    again
        .end(gate(2, Against::More, "regression"))
        .expect("written");
    let whole = Kept::open(&path, &plan(2)).expect("the same plan");
    assert_eq!((whole.gates.len(), whole.stopped()), (3, 1));
    assert_eq!(whole.gates[2].verdict, "regression");
}

#[test]
fn results_of_another_plan_or_of_nothing_are_not_gone_on_with() {
    let folder = tempfile::tempdir().expect("temporary folder");
    let path = folder.path().join("gates.jsonl");
    Kept::open(&path, &plan(2)).expect("new");
    let refused = |plan: &Plan| format!("{:#}", Kept::open(&path, plan).expect_err("refused"));
    assert!(refused(&plan(3)).contains("of another plan"));
    let began = fs::read_to_string(&path).expect("results");
    let skipped = serde_json::to_string(&gate(1, Against::Itself, "pass")).expect("JSON");
    fs::write(&path, format!("{began}{{\"ended\":{skipped}}}\n")).expect("writes");
    assert!(refused(&plan(2)).contains("line 2 stands at the wrong place"));
    fs::write(&path, format!("{began}what\n")).expect("writes");
    assert!(refused(&plan(2)).contains("line 2 is no result"));
}

#[test]
fn intervals_are_exact() {
    // C. J. Clopper and E. S. Pearson; the values are those of R's binom.test.
    assert_eq!(table::share(0, 30), "0 of 30: 0.0 % [0.0, 11.6]");
    assert_eq!(table::share(2, 30), "2 of 30: 6.7 % [0.8, 22.1]");
    assert_eq!(table::share(30, 30), "30 of 30: 100.0 % [88.4, 100.0]");
    // Of 60 values the 22nd and the 39th: 21 heads of 60 coins have a probability below 2.5 %, 22 have not.
    let values = (1..=60).map(f64::from).collect();
    assert_eq!(table::median(values), "30.5 [22.0, 39.0]");
    assert_eq!(table::median(vec![1.0, 2.0, 4.0]), "2.0");
    assert_eq!(table::median(Vec::new()), "unknown");
}

#[test]
fn every_gate_counts_whatever_became_of_it() {
    let gates = [
        gate(0, Against::Itself, "regression"),
        gate(1, Against::Itself, "pass"),
        gate(2, Against::More, "regression"),
        gate(3, Against::More, "improvement"),
        gate(4, Against::More, NONE),
    ];
    let table = table::table(&plan(3), &gates, 1);
    for part in [
        "5 of 6 gates that were planned, 1 stopped and made again",
        "| itself | 2 | 1 | 0 | 1 | 0 | 0 | 0 | 10.5 | 10.0 |",
        "| `mlp:depth=21` | 3 | 0 | 1 | 1 | 0 | 0 | 1 | 13.0 | 10.0 |",
        "| false alarms | 1 of 2: 50.0 %",
        "| found | 1 of 3: 33.3 %",
        "| wrong passes | 1 of 3: 33.3 %",
        "median 12.0, 14 at the most",
        "milliseconds: 5.0.",
    ] {
        assert!(table.contains(part), "no '{part}' in {table}");
    }
    let line = table::line(&gates[0]);
    let expected = "regression +1.00% [unknown, +3.00%], 10 blocks in 10 s, waited 10% and unknown of the sides' time";
    assert_eq!(line, expected);
}
