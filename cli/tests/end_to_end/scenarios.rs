//! Scenarios on the command line: told with their options, refused with what mends them, and heeded with their own limits.

use crate::support::Bench;

#[test]
fn every_scenario_is_listed_and_shown_with_its_options() {
    let bench = Bench::new();
    let list = bench.tare(&["scenario", "list"]).with_code(0).stdout;
    let names: Vec<&str> = list
        .lines()
        .map(|line| line.split(' ').next().expect("a name"))
        .collect();
    assert!(
        names.contains(&"server") && names.contains(&"closed"),
        "{list}"
    );
    for name in names {
        let shown = bench.tare(&["scenario", "show", name]).with_code(0).stdout;
        assert!(shown.starts_with(&format!("{name}: ")), "{shown}");
        for option in ["min=6", "max", "duration", "seed"] {
            assert!(
                shown.contains(&format!("\n{option} ")),
                "no {option} in {shown}"
            );
        }
    }
    let misspelt = bench.tare(&["scenario", "show", "sever"]).with_code(2);
    assert!(
        misspelt.stderr.contains("the nearest is 'server'"),
        "{misspelt:?}"
    );
}

#[test]
fn a_scenario_that_says_nothing_sensible_is_refused_in_one_line() {
    let bench = Bench::new();
    for (scenario, part) in [
        (
            "server:rate=0",
            "'0' for 'rate' in 'server:rate=0' is not a rate",
        ),
        ("server:rate=-1", "is not a rate"),
        ("server:rate=inf", "is not a rate"),
        ("server:rate=NaN", "is not a rate"),
        ("server:rate=5,slo=p99<20", "is not an objective"),
        ("server", "give rate=N in requests a second"),
        ("server:rate=5,trace=a.txt", "exclude each other"),
        (
            "server:trace=nowhere.txt",
            "cannot read the trace nowhere.txt",
        ),
    ] {
        let refused = bench.run(&["--scenario", scenario]).with_code(2);
        assert!(refused.stderr.contains(part), "{scenario}: {refused:?}");
    }
}

#[test]
fn a_trace_that_is_wrong_is_refused_with_its_line_and_field() {
    let bench = Bench::new();
    for (text, told) in [
        ("# none\n", "a.txt has no arrival: write one a line"),
        (
            "0\n\n0.3\n0.2\n",
            "a.txt:4: arrival '0.2' goes back in time, behind '0.3'",
        ),
        ("0\nsoon\n", "a.txt:2: arrival 'soon' is no number"),
        ("-1\n", "a.txt:1: arrival '-1' is negative"),
        ("0\ninf\n", "a.txt:2: arrival 'inf' is infinite"),
    ] {
        bench.write("a.txt", text);
        let refused = bench.run(&["--scenario", "server:trace=a.txt"]);
        let refused = refused.with_code(2);
        assert!(refused.error().starts_with(told), "{refused:#?}");
    }
}

#[test]
fn a_scenario_s_own_maximum_ends_a_repeat() {
    let bench = Bench::new();
    let own = [
        "--adapter",
        "fake:run=1ms",
        "--scenario",
        "single-stream:max=9,seed=4",
        "--repeats",
        "2",
        "--format",
        "json",
    ];
    let run = bench.run(&own).with_code(0).json();
    assert_eq!(run[0]["cell"]["scenario_options"]["max"], "9");
    assert_eq!(run[0]["latency"]["count"], 18, "{run}");
}
