//! `tare compare`: runs, and parts of one run, against each other.

use crate::support::Bench;

fn quick(bench: &Bench, adapters: &[&str]) {
    let mut arguments: Vec<&str> = "--repeats 3 --duration 40ms --no-probes --no-checks"
        .split(' ')
        .collect();
    for adapter in adapters {
        arguments.extend(["--adapter", adapter]);
    }
    bench.run(&arguments).with_code(0);
}

fn runs(bench: &Bench) -> Vec<String> {
    let entries = std::fs::read_dir(bench.path("store")).expect("a store");
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut runs: Vec<String> = names.collect();
    runs.sort();
    runs
}

#[test]
fn runs_are_compared_cell_by_cell_and_what_differs_comes_first() {
    let bench = Bench::new();
    quick(&bench, &["fake:run=1ms"]);
    quick(&bench, &["fake:run=4ms"]);
    let runs = runs(&bench);
    let table = bench
        .tare(&["compare", &runs[0], &runs[1]])
        .with_code(0)
        .stdout;
    let differs = table.find("differs: adapter: fake:run=1ms → fake:run=4ms");
    assert!(
        differs < table.find("ratio") && differs.is_some(),
        "{table}"
    );
    assert!(table.contains("1 slower, 0 faster"), "{table}");
    let json = bench.tare(&["compare", &runs[0], &runs[1], "--format", "json"]);
    let json = json.with_code(0).json();
    let ratio = json["rows"][0]["ratio"].as_f64();
    assert!(
        ratio.is_some_and(|ratio| (2.0..6.0).contains(&ratio)),
        "{json:#}"
    );
    bench
        .tare(&[
            "compare",
            &runs[1],
            &runs[0],
            "--figure",
            "throughput",
            "-o",
            "c.md",
            "--format",
            "markdown",
        ])
        .with_code(0);
    let markdown = std::fs::read_to_string(bench.path("c.md")).expect("a file");
    assert!(markdown.contains("| faster"), "{markdown}");
}

#[test]
fn one_run_is_split_by_what_its_cells_differ_in() {
    let bench = Bench::new();
    quick(&bench, &["fake:run=1ms", "fake:run=4ms"]);
    let split = ["compare", "--by", "adapter", "--over", "fake:run=4ms"];
    let table = bench.tare(&split).with_code(0).stdout;
    assert!(table.contains("0 slower, 1 faster"), "{table}");
    let wrong = bench.tare(&["compare", "--by", "adapter", "--over", "rten"]);
    assert_eq!(wrong.code, Some(2));
    assert!(
        wrong
            .error()
            .contains("takes one of fake:run=1ms, fake:run=4ms"),
        "{wrong:#?}"
    );
    let wrong = bench.tare(&["compare", "--by", "colour"]);
    assert_eq!(wrong.code, Some(2));
    assert!(wrong.error().contains("take one of adapter"), "{wrong:#?}");
    let alone = bench.tare(&["compare", "latest"]);
    assert_eq!(alone.code, Some(2));
    assert!(alone.error().contains("--by adapter"), "{alone:#?}");
}
