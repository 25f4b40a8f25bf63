//! Instructions, which the kernel counts where it may, and else callgrind.

use tare_hardware::counts_instructions;

use crate::gate::only;
use crate::support::{Bench, Ended, MLP, left_out};

fn gate(candidate: &str, path: Option<&str>) -> Ended {
    gate_of("rten", candidate, path)
}

fn gate_of(adapter: &str, candidate: &str, path: Option<&str>) -> Ended {
    let bench = Bench::new();
    let common = [
        "gate",
        "--model",
        MLP,
        "--adapter",
        adapter,
        "--metric",
        "instructions",
    ];
    let more = [
        "--scenario",
        "single-stream:min=5,max=5",
        "--allow-different-outputs",
        "--format",
        "json",
        "--candidate",
        candidate,
    ];
    let mut command = bench.command(&[&common[..], &more].concat());
    command.envs(path.map(|path| ("PATH", path)));
    Ended::of(command.output().expect("the binary starts"))
}

#[test]
fn without_counters_and_callgrind_one_error_names_both() {
    if counts_instructions().is_ok() {
        return left_out("the kernel counts instructions here");
    }
    let ended = gate("model=mlp:width=64,depth=2", Some("/none")).with_code(2);
    let error = ended.error();
    for part in [
        "by perf (",
        "nor by callgrind",
        "grant the counters, or install valgrind",
    ] {
        assert!(error.contains(part), "no '{part}' in {error}");
    }
}

#[test]
fn twice_the_layers_are_more_instructions_and_the_same_are_as_many() {
    let has_valgrind = std::process::Command::new("valgrind")
        .arg("--version")
        .output();
    if counts_instructions().is_err() && has_valgrind.is_err() {
        return left_out("no counters of instructions, and no valgrind");
    }
    let same = only(&gate("model=mlp:width=64,depth=2", None).with_code(0));
    assert_eq!(
        (same["verdict"].as_str(), same["blocks"].as_u64()),
        (Some("pass"), Some(5))
    );
    let deeper = only(&gate("model=mlp:width=64,depth=4", None).with_code(1));
    let effect = deeper["effect"]["value"].as_f64().expect("an effect");
    assert!((0.3..1.2).contains(&effect), "{deeper:#}");
}

#[test]
fn work_that_moves_to_another_thread_is_no_fewer_instructions() {
    let has_valgrind = std::process::Command::new("valgrind")
        .arg("--version")
        .output();
    if counts_instructions().is_ok() || has_valgrind.is_err() {
        return left_out("instructions are not counted by callgrind here");
    }
    let caller = "fake:run=20ms,spin=busy";
    let moved = format!("adapter={caller},where=thread");
    let told = only(&gate_of(caller, &moved, None).with_code(3));
    assert_eq!(told["verdict"], "invalid", "{told:#}");
    let why = told["why"].to_string();
    for part in ["candidate", "in 5 of 5 processes others worked"] {
        assert!(why.contains(part), "no '{part}' in {why}");
    }
}
