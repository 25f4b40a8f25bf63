//! Gates of candidates that compute something else: never a pass, by whichever metric and against whichever baseline.

use std::fs;

use serde_json::Value;

use crate::gate::{QUICK, only, runs};
use crate::support::{Bench, Ended, MLP};

const SOUND: &str = "fake:run=2ms";
const OTHER: &str = "fake:run=2ms,output=off-by:0.5";

fn exact(bench: &Bench, candidate: &str, more: &[&str]) -> Ended {
    let common = ["gate", "--model", MLP, "--metric", "operators"];
    let sides = [
        "--baseline",
        "adapter=fake:run=2ms",
        "--candidate",
        candidate,
    ];
    bench.tare(&[&common, &sides[..], &["--format", "json"], more].concat())
}

#[test]
fn an_exact_metric_passes_only_what_computes_the_same() {
    let bench = Bench::new();
    let same = only(&exact(&bench, "adapter=fake:run=3ms", &[]).with_code(0));
    assert_eq!(same["verdict"], "pass");
    assert_eq!(same["notes"][0], "the outputs of the sides are the same");
    assert_eq!(same["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(runs(&bench).len(), 2);
    let other = only(&exact(&bench, &format!("adapter={OTHER}"), &[]).with_code(4));
    assert_eq!(other["verdict"], "invalid", "{other:#}");
    assert!(
        other["why"].to_string().contains("different-outputs"),
        "{other:#}"
    );
    assert_eq!(other["effect"]["value"], 0.0);
    let crashed = only(&exact(&bench, "adapter=fake:fault=abort", &[]).with_code(4));
    assert_eq!(crashed["verdict"], "inconclusive");
    let before = runs(&bench).len();
    let allowed = exact(
        &bench,
        &format!("adapter={OTHER}"),
        &["--allow-different-outputs"],
    );
    let allowed = only(&allowed.with_code(0));
    assert!(
        allowed["notes"].to_string().contains("were not compared"),
        "{allowed:#}"
    );
    assert_eq!(runs(&bench).len(), before, "nothing was measured");
}

fn against(bench: &Bench, adapter: &str, more: &[&str]) -> Ended {
    let common = ["gate", "--adapter", adapter, "--against", "baseline.json"];
    bench.tare(&[&common, &QUICK[..], more].concat())
}

/// Three days of [`SOUND`], whose medians differ a little.
fn stored(bench: &Bench) -> Value {
    against(bench, SOUND, &["--update-baseline"]).with_code(0);
    let text = fs::read_to_string(bench.path("baseline.json")).expect("stored");
    let mut stored: Value = serde_json::from_str(&text).expect("JSON");
    let day = stored["days"][0].clone();
    let days = [("01", 0.99), ("02", 1.0), ("03", 1.01)].map(|(date, factor)| {
        let mut day = day.clone();
        day["date"] = format!("2026-01-{date}").into();
        for figure in day["figures"].as_array_mut().into_iter().flatten() {
            *figure = (figure.as_f64().expect("a number") * factor).into();
        }
        day
    });
    stored["days"] = days.into_iter().collect();
    bench.write("baseline.json", stored.to_string());
    stored
}

#[test]
fn a_stored_baseline_passes_only_what_computes_what_it_did() {
    let bench = Bench::new();
    let mut stored = stored(&bench);
    let pass = against(&bench, SOUND, &[]).with_code(0);
    assert!(
        pass.stdout.contains("the outputs are those that fake"),
        "{pass:#?}"
    );
    let kept = fs::read(bench.path("baseline.safetensors")).expect("outputs");
    let other = against(&bench, OTHER, &["--update-baseline"]).with_code(4);
    assert!(other.stdout.starts_with("invalid"), "{other:#?}");
    assert!(!other.stdout.contains("days now"), "{other:#?}");
    let after = fs::read(bench.path("baseline.safetensors")).expect("outputs");
    assert_eq!(kept, after, "nothing was stored");
    against(&bench, OTHER, &["--allow-different-outputs"]).with_code(0);
    bench.write("baseline.safetensors", "others");
    let unknown = against(&bench, SOUND, &[]).with_code(3);
    let told = "the outputs could not be compared with the stored baseline's";
    assert!(unknown.stdout.contains(told), "{unknown:#?}");
    stored["outputs"] = Value::Null;
    bench.write("baseline.json", stored.to_string());
    let none = against(&bench, SOUND, &[]).with_code(3);
    assert!(
        none.stdout.contains("none were stored with it"),
        "{none:#?}"
    );
}
