//! The runs that the project publishes are read, and their splits hold what a split promises.

use std::path::Path;

use tare_report::{Laws, Summary, analyse, chart, summarise, summarise_by};
use tare_results::store::{RunContents, Store};
use tare_results::{TaxMethod, Verdict};
use tare_units::SignedNanoseconds;

fn published() -> Vec<RunContents> {
    let store = Store::open(Path::new(env!("CARGO_MANIFEST_DIR")).join("../results/published"));
    let ids = store.list().expect("lists");
    assert!(!ids.is_empty(), "something is published");
    let read = |id: &String| store.read(id).expect("reads");
    ids.iter().map(read).collect()
}

fn summaries() -> Vec<Summary> {
    let runs = published();
    runs.iter()
        .flat_map(|one| summarise(&one.run, &one.records))
        .collect()
}

#[test]
fn published_runs_are_whole_and_name_no_folder_of_a_machine() {
    for one in published() {
        assert_eq!(one.torn, None);
        let measured = one.records.iter().filter(|record| record.failure.is_some());
        assert_eq!(measured.count(), 0, "{}", one.run.id);
        let paths = one.run.cells.iter().map(|cell| &cell.model_path);
        assert!(
            paths.into_iter().all(|path| !path.contains('/')),
            "{}",
            one.run.id
        );
    }
}

#[test]
fn every_published_latency_is_split_into_parts_that_add_up_to_it() {
    for summary in summaries() {
        let what = format!("{} {}", summary.cell.model, summary.cell.adapter);
        assert_eq!(summary.verdict, Verdict::Valid, "{what}");
        let tax = summary.tax.expect("a split");
        let nanos = SignedNanoseconds::as_nanos;
        let floor = tax.floor_ns.map(nanos).expect("a floor");
        let inefficiency = tax.inefficiency_ns.map(nanos).expect("an inefficiency");
        let sum = floor + inefficiency + nanos(tax.tax_ns);
        assert_eq!(sum, nanos(tax.latency_ns), "{what}");
    }
}

#[test]
fn the_dispatch_law_of_other_models_twins_foretells_most_published_taxes_within_a_quarter() {
    let runs = published();
    let laws = Laws::of(runs.iter().flat_map(|one| &one.records));
    assert!(laws.all().count() >= 3);
    let ratios: Vec<f64> = summaries()
        .iter()
        .filter_map(|summary| {
            let tax = summary.tax.as_ref()?;
            let nanos = |time: SignedNanoseconds| time.as_nanos() as f64;
            let is_measured = tax.method == TaxMethod::HollowTwin;
            is_measured.then_some(())?;
            Some(nanos(tax.predicted_tax_ns?) / nanos(tax.tax_ns))
        })
        .collect();
    let near = ratios.iter().filter(|ratio| (0.75..=1.25).contains(*ratio));
    let share = near.count() as f64 / ratios.len() as f64;
    assert!(
        ratios.len() > 50 && share > 0.7,
        "{share} of {}",
        ratios.len()
    );
}

#[test]
fn the_published_drawings_are_what_the_published_records_show() {
    let runs = published();
    let laws = Laws::of(runs.iter().flat_map(|one| &one.records));
    let [run] = &runs[..] else {
        panic!("docs/findings.md shows one run of {}", runs.len());
    };
    let summaries = summarise_by(&run.run, &run.records, &laws);
    let analysis = analyse(&summaries, &laws);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/findings");
    let mut drawings = 0;
    for entry in std::fs::read_dir(&folder).expect("lists") {
        let path = entry.expect("lists").path();
        let name = path.file_stem().and_then(|stem| stem.to_str());
        let drawn = chart(name.expect("a name"), &summaries, &analysis).expect("draws");
        let stored = std::fs::read_to_string(&path).expect("reads");
        let again = format!(
            "draw it again: tare report --store results/published {} --chart {} -o {}",
            run.run.id,
            name.unwrap_or_default(),
            path.display()
        );
        assert!(drawn == stored, "{again}");
        drawings += 1;
    }
    assert!(drawings >= 4);
}
