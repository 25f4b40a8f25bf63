//! `tare report`: a page, Markdown, and drawings of what was measured.

use crate::support::Bench;

fn measured() -> Bench {
    let bench = Bench::new();
    let quick = "--adapter fake:run=1ms --repeats 2 --duration 20ms --batch 1,2 --no-probes";
    let quick: Vec<&str> = quick.split(' ').collect();
    bench.run(&quick).with_code(0);
    bench
}

#[test]
fn a_report_is_one_page_with_every_cell() {
    let bench = measured();
    let ended = bench.tare(&["report", "latest", "-o", "report.html"]);
    assert_eq!(ended.with_code(0).stdout, "");
    let page = std::fs::read_to_string(bench.path("report.html")).expect("a page");
    assert!(page.starts_with("<!doctype html>"), "{page:.80}");
    let printed = bench.tare(&["report"]).with_code(0).stdout;
    assert_eq!(printed, page);
    assert!(page.contains("Numbers (2 rows)"), "no row for each cell");
}

#[test]
fn all_requests_are_drawn_while_their_samples_are_there() {
    let bench = measured();
    let page = bench.tare(&["report"]).with_code(0).stdout;
    let lines = page
        .split("<table id=\"distribution-lines-numbers\">")
        .nth(1);
    let lines = lines.and_then(|rest| rest.split("</table>").next());
    let points = lines
        .expect("the points of the lines")
        .matches("<tr>")
        .count();
    assert!(points > 20, "{points}");
    let store = bench.path("store");
    for run in std::fs::read_dir(store).expect("a store") {
        let samples = run.expect("a run").path().join("samples");
        std::fs::remove_dir_all(samples).expect("samples");
    }
    let page = bench.tare(&["report"]).with_code(0).stdout;
    assert!(!page.contains("distribution-lines-numbers"));
    let words =
        "2 of 2 cells have no line of all requests: their files of samples are not in the store.";
    assert!(page.contains(words), "{page}");
}

#[test]
fn runs_that_are_named_stand_in_one_report_each_once() {
    let bench = measured();
    let quick = "--adapter fake:run=2ms --repeats 1 --duration 20ms --no-probes";
    bench
        .run(&quick.split(' ').collect::<Vec<_>>())
        .with_code(0);
    let mut runs: Vec<String> = std::fs::read_dir(bench.path("store"))
        .expect("a store")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .collect();
    runs.sort();
    let [first, second] = runs.as_slice() else {
        panic!("{runs:?}");
    };
    let page = bench.tare(&["report", first, second, first]).with_code(0);
    assert!(
        page.stdout.contains(&format!("run {first} and 1 more")),
        "{}",
        page.stdout
    );
    assert!(page.stdout.contains("3 cells"), "{}", page.stdout);
}

#[test]
fn the_file_s_name_says_the_form() {
    let bench = measured();
    bench.tare(&["report", "-o", "pull.md"]).with_code(0);
    let markdown = std::fs::read_to_string(bench.path("pull.md")).expect("a file");
    assert!(markdown.starts_with("## tare report"), "{markdown}");
    bench
        .tare(&["report", "--chart", "batch", "-o", "batch.svg"])
        .with_code(0);
    let svg = std::fs::read_to_string(bench.path("batch.svg")).expect("a file");
    assert!(svg.starts_with("<svg "), "{svg}");
    bench.tare(&["report", "-o", "together.json"]).with_code(0);
    let json = std::fs::read_to_string(bench.path("together.json")).expect("a file");
    assert!(json.contains("\"schema\": \"tare.analysis/1\""), "{json}");
}

#[test]
fn what_cannot_be_reported_is_refused_with_what_can() {
    let bench = measured();
    let refused = |arguments: &[&str], words: &str| {
        let ended = bench.tare(&[&["report"], arguments].concat()).with_code(2);
        assert!(ended.stderr.contains(words), "{}", ended.stderr);
    };
    refused(&["--format", "svg"], "name it with --chart: split, batch");
    refused(&["--format", "svg", "--chart", "pie"], "no chart 'pie'");
    refused(&["--chart", "split"], "add --format svg or png");
    refused(&["--format", "svg", "--chart", "energy"], "nothing to draw");
    refused(&["-o", "report.pdf"], "not written as .pdf");
    refused(&["nowhere"], "nowhere");
}

#[test]
fn a_chart_is_drawn_as_pixels_or_the_build_says_that_it_cannot() {
    let bench = measured();
    let ended = bench.tare(&["report", "--chart", "batch", "-o", "batch.png"]);
    if cfg!(feature = "png") && !ended.stderr.contains("no font is installed") {
        ended.with_code(0);
        let png = std::fs::read(bench.path("batch.png")).expect("a file");
        assert_eq!(&png[..4], b"\x89PNG");
    } else {
        let told = ended.with_code(2).stderr;
        assert!(told.contains("take --format svg"), "{told}");
    }
}
