//! Stored baselines: what is refused, and which days count.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::super::decide::tests::built;
use super::super::executed::tests;
use super::*;

const MACHINE: &str = "this machine";

fn planned() -> PlannedCell {
    built::planned(built::cell(1))
}

fn executed() -> &'static Executed {
    static EXECUTED: LazyLock<Executed> = LazyLock::new(|| tests::executed("rten 0.27.0"));
    &EXECUTED
}

fn now(planned: &PlannedCell) -> Now<'_> {
    Now {
        machine: MACHINE,
        metric: Metric::Load,
        planned,
        executed: executed(),
    }
}

fn stored(known: Option<Baseline>, created: &str, figures: &[f64]) -> Baseline {
    stored_of(&planned(), known, created, figures)
}

fn stored_of(
    planned: &PlannedCell,
    known: Option<Baseline>,
    created: &str,
    figures: &[f64],
) -> Baseline {
    let about = (now(planned), ONCE);
    Baseline::with(known, about, (created, Some(created)), &once(figures))
}

const ONCE: FigureKind = FigureKind {
    statistic: Statistic::Once,
    counter: None,
};

fn once(figures: &[f64]) -> Vec<SideFigure> {
    figures.iter().copied().map(SideFigure::once).collect()
}

#[test]
fn days_of_another_file_or_cell_say_nothing_of_how_much_days_differ() {
    let retrained = PlannedCell {
        id: built::cell(1).id("another file"),
        ..planned()
    };
    let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let second = stored(Some(first), "2026-11-02T08:00:00Z", &[1.1]);
    let other = stored_of(&retrained, Some(second), "2026-11-02T09:00:00Z", &[2.0]);
    assert_eq!(other.stored().days, [[2.0]]);
    assert_eq!(other.days(), 1);
    let third = stored(Some(other), "2026-11-03T08:00:00Z", &[1.2]);
    assert_eq!(third.stored().days, [[1.0], [1.1], [1.2]]);
}

#[test]
fn days_of_another_library_environment_or_program_say_nothing_of_how_much_days_differ() {
    let planned = planned();
    let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let newer = tests::executed("rten 0.28.0");
    let another = Executed {
        environment: BTreeMap::new(),
        ..executed().clone()
    };
    let rebuilt = Executed {
        tare: Some("another".to_owned()),
        ..executed().clone()
    };
    for other in [newer, another, rebuilt] {
        let now = Now {
            executed: &other,
            ..now(&planned)
        };
        assert_eq!(first.differences(&planned, &other).len(), 1, "{other:?}");
        let about = ((now, ONCE), ("2026-11-01T09:00:00Z", None));
        let second = Baseline::with(Some(first.clone()), about.0, about.1, &once(&[2.0]));
        assert_eq!(second.stored().days, [[2.0]], "{other:?}");
        let third = stored(Some(second), "2026-11-02T08:00:00Z", &[1.1]);
        assert_eq!(third.stored().days, [[1.0], [1.1]], "{other:?}");
    }
}

#[test]
fn a_date_is_one_day_whatever_was_stored_or_the_wall_clock_was_set_to_in_between() {
    let retrained = PlannedCell {
        id: built::cell(1).id("another file"),
        ..planned()
    };
    let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let other = stored_of(&retrained, Some(first), "2026-11-01T09:00:00Z", &[2.0]);
    let again = stored(Some(other), "2026-11-01T10:00:00Z", &[1.1]);
    assert_eq!(again.stored().days, [[1.0, 1.1]]);
    let ahead = stored(Some(again), "2033-01-01T08:00:00Z", &[1.2]);
    let back = stored(Some(ahead), "2026-11-01T11:00:00Z", &[1.3]);
    assert_eq!(back.stored().days, [vec![1.2], vec![1.0, 1.1, 1.3]]);
    assert_eq!(back.days(), 2);
}

#[test]
fn several_days_of_one_date_in_a_file_of_an_earlier_version_are_one() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("baseline.json");
    let mut baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let (planned, again) = (planned(), baseline.days[0].clone());
    baseline.days.push(again);
    baseline.write(&path).expect("writes");
    let read = Baseline::read(&path, now(&planned)).expect("reads");
    assert_eq!(read.expect("a file").stored().days, [[1.0, 1.0]]);
}

#[test]
fn a_day_has_all_figures_of_its_date_and_the_oldest_days_go() {
    let first = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let same = stored(Some(first), "2026-11-01T20:00:00Z", &[2.0]);
    assert_eq!(same.stored().days, [[1.0, 2.0]]);
    assert_eq!(same.days[0].runs.len(), 2);
    let many = (0..40).fold(same, |known, day| {
        stored(
            Some(known),
            &format!("2027-{:02}-{:02}T", 1 + day / 20, 1 + day % 20),
            &[3.0],
        )
    });
    assert_eq!(many.days(), MOST_DAYS);
    assert_eq!(many.stored().days[0], [3.0]);
}

#[test]
fn it_reads_back_and_refuses_what_it_is_not_of() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("baseline.json");
    let planned = planned();
    assert_eq!(Baseline::read(&path, now(&planned)).expect("no file"), None);
    let baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    baseline.write(&path).expect("writes");
    assert_eq!(
        Baseline::read(&path, now(&planned)).expect("reads"),
        Some(baseline)
    );
    let refused = |now: Now<'_>| {
        let error = Baseline::read(&path, now).expect_err("refused");
        format!("{error:?}")
    };
    let elsewhere = Now {
        machine: "another",
        ..now(&planned)
    };
    assert!(refused(elsewhere).contains("on another machine (fingerprint this machine"));
    let other = Now {
        metric: Metric::P50,
        ..now(&planned)
    };
    assert!(refused(other).contains("give --metric load"));
    let larger = built::planned(built::cell(8));
    assert!(refused(now(&larger)).contains("the sides do not match"));
    let mut other = planned.clone();
    other.cell.model = "another".to_owned();
    assert!(refused(now(&other)).contains("the candidate of another; store a baseline of each"));
    fs::write(&path, "{\"schema\":").expect("writes");
    assert!(refused(now(&planned)).contains("holds no stored baseline"));
}

#[test]
fn another_statistic_or_another_counter_is_not_compared() {
    let baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    assert!(baseline.check_kind(ONCE).is_ok());
    let conditions = tare_gate::Conditions {
        single_threaded: true,
        run_delay: true,
    };
    let other = FigureKind {
        statistic: Metric::P50.statistic(conditions),
        counter: None,
    };
    let error = baseline.check_kind(other).expect_err("another");
    assert_eq!(error.exit().code(), 3);
    let planned = planned();
    let counted = |counter| FigureKind {
        counter: Some(counter),
        ..ONCE
    };
    let about = (now(&planned), counted("perf"));
    let by_perf = Baseline::with(None, about, ("2026-11-01T08:00:00Z", None), &once(&[1.0]));
    assert!(by_perf.check_kind(counted("perf")).is_ok());
    let error = by_perf.check_kind(counted("callgrind"));
    let error = error.expect_err("another counter").text();
    assert!(
        error.contains("counted by perf, and what can be had now is"),
        "{error}"
    );
    assert!(error.contains("counted by callgrind"), "{error}");
}

#[test]
fn a_day_without_figures_is_refused_with_what_to_do() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("baseline.json");
    let planned = planned();
    let mut baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    baseline.days[0].figures.clear();
    baseline.write(&path).expect("writes");
    let error = Baseline::read(&path, now(&planned)).expect_err("refused");
    let error = error.text();
    assert!(
        error.contains("its day 2026-11-01 holds no figure: take that day out of it"),
        "{error}"
    );
}

#[test]
fn a_day_keeps_requests_and_waiting_and_one_of_before_that_has_neither() {
    let waiting = |waited| SideFigure {
        value: 2.0,
        requests: 60,
        contention: Some(Contention {
            delayed: 2.0 * waited,
            waited,
        }),
    };
    let planned = planned();
    let with = |known, processes: &[SideFigure]| {
        let made = ("2026-11-01T08:00:00Z", None);
        Baseline::with(known, (now(&planned), ONCE), made, processes)
    };
    let mut baseline = with(None, &[waiting(0.1), waiting(0.3)]);
    baseline = with(Some(baseline), &[waiting(0.2)]);
    let evidence = baseline.evidence();
    assert_eq!(evidence.requests, Some(180));
    let waited = evidence.waited.expect("read");
    assert!((waited - 0.2).abs() < 1e-12, "{waited}");
    let text = serde_json::to_string(&baseline).expect("JSON");
    let mut old: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    for field in ["requests", "contention"] {
        let day = old["days"][0].as_object_mut().expect("a day");
        assert!(day.remove(field).is_some(), "{field}");
    }
    let old: Baseline = serde_json::from_value(old).expect("an old baseline");
    let evidence = old.evidence();
    assert_eq!((evidence.requests, evidence.waited), (None, None));
    assert_eq!(evidence.median, Some(2.0));
    let more = with(Some(old), &[waiting(0.2)]).evidence();
    assert_eq!((more.requests, more.waited), (None, None));
}

#[test]
fn figures_of_other_inputs_that_were_written_by_hand_do_not_match() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("baseline.json");
    let of = |inputs: &[&str]| PlannedCell {
        inputs: inputs.iter().copied().map(str::to_owned).collect(),
        ..planned()
    };
    let (narrow, wide) = (of(&["x=f32[1,128]"]), of(&["x=f32[1,256]"]));
    let baseline = stored_of(&narrow, None, "2026-11-01T08:00:00Z", &[1.0]);
    baseline.write(&path).expect("writes");
    let same = Baseline::read(&path, now(&narrow)).expect("reads");
    assert_eq!(same.as_ref(), Some(&baseline));
    assert_eq!(baseline.inputs_note(&narrow), None);
    let error = Baseline::read(&path, now(&wide)).expect_err("refused");
    assert!(
        error.text().contains(
            "the sides do not match: the baseline is of --input x=f32[1,128], the candidate of --input x=f32[1,256]"
        ),
        "{}",
        error.text()
    );
}

#[test]
fn inputs_of_a_day_that_was_stored_before_these_were_are_unknown_and_that_is_told() {
    let dir = tempfile::tempdir().expect("temporary folder");
    let path = dir.path().join("baseline.json");
    let baseline = stored(None, "2026-11-01T08:00:00Z", &[1.0]);
    let mut old = serde_json::to_value(&baseline).expect("JSON");
    let day = old["days"][0].as_object_mut().expect("a day");
    assert!(day.remove("inputs").is_some());
    fs::write(&path, old.to_string()).expect("writes");
    let by_hand = PlannedCell {
        inputs: vec!["x=f32[1,128]".to_owned()],
        ..planned()
    };
    let old = Baseline::read(&path, now(&by_hand))
        .expect("reads")
        .expect("a file");
    let note = old.inputs_note(&by_hand).expect("a note");
    assert!(
        note.contains("--input x=f32[1,128] as well is not known"),
        "{note}"
    );
    assert_eq!(old.inputs_note(&planned()), None, "its model declares them");
    let later = "2026-11-02T08:00:00Z";
    let declared = stored(Some(old.clone()), later, &[1.1]);
    assert_eq!(declared.stored().days, [[1.0], [1.1]]);
    let known = stored_of(&by_hand, Some(old), later, &[1.1]);
    assert_eq!(
        known.stored().days,
        [[1.1]],
        "what is unknown is no day of these"
    );
    assert_eq!(known.inputs_note(&by_hand), None);
}
