//! The ladder with made-up twins: which one is chosen, and what is said of it.

use std::path::Path;

use super::*;
use crate::compose::tests::built;
use crate::plan::tests::work;

/// A ladder of three rungs, of which `made` have a twin.
struct Ladder(Vec<&'static str>);

impl TwinMaker for Ladder {
    fn rungs(&self) -> Vec<String> {
        ["2", "2 again", "16", "all"].map(str::to_owned).to_vec()
    }

    fn make(
        &self,
        work: &Work,
        rungs: &[String],
        _: &Path,
        take: &mut dyn FnMut(Result<Hollow, String>) -> ControlFlow<()>,
    ) {
        for rung in rungs {
            let made = match self.0.contains(&rung.as_str()) {
                true => Ok(hollow(work, rung)),
                false => Err(format!("no twin at {rung}")),
            };
            if take(made).is_break() {
                return;
            }
        }
    }
}

/// Makes none, for this reason.
struct NoTwins(String);

impl TwinMaker for NoTwins {
    fn rungs(&self) -> Vec<String> {
        Vec::new()
    }

    fn make(
        &self,
        _: &Work,
        _: &[String],
        _: &Path,
        take: &mut dyn FnMut(Result<Hollow, String>) -> ControlFlow<()>,
    ) {
        // Nobody has to take a reason.
        let _ = take(Err(self.0.clone()));
    }
}

fn hollow(work: &Work, rung: &str) -> Hollow {
    Hollow {
        facts: TwinFacts {
            sha256: format!("file of {}", rung.trim_end_matches(" again")),
            rung: rung.to_owned(),
            hollowness: None,
            elements_ratio: None,
            elements: None,
            operators_executed: None,
            original_operators_executed: None,
            same_operators: None,
            kinds: None,
        },
        missing: Missing::new(),
        load: work.load.clone(),
        inputs: work.inputs.clone(),
    }
}

fn counts(convolutions: u64, reorders: u64) -> Executed {
    let all = [("Conv", convolutions), ("Reorder", reorders)];
    all.into_iter()
        .filter(|(_, count)| *count > 0)
        .map(|(kind, count)| (kind.to_owned(), count))
        .collect()
}

/// The choice, and how many workers counted for it.
fn chosen(
    made: &[&'static str],
    tell: impl Fn(Option<&str>) -> Result<Executed, String>,
) -> (Result<Hollow, String>, u32) {
    let run = built::run("run", vec![built::cell(1)]);
    let work = work(run.cells[0].clone(), Ok(0));
    let mut asked = 0;
    let mut count = |twin: Option<&Hollow>| {
        asked += 1;
        tell(twin.map(|twin| twin.facts.rung.as_str()))
    };
    let ladder = Ladder(made.to_vec());
    let chosen = climb(&ladder, &work, Path::new("/nowhere"), &mut count);
    (chosen, asked)
}

#[test]
fn the_first_rung_with_the_same_operators_is_chosen() {
    let (twin, asked) = chosen(&["2", "16", "all"], |rung| match rung {
        Some("2") => Ok(counts(20, 17)),
        _ => Ok(counts(20, 0)),
    });
    let facts = twin.expect("a twin").facts;
    assert_eq!(
        (facts.rung.as_str(), facts.same_operators),
        ("16", Some(true))
    );
    assert_eq!(facts.operators_executed, Some(20));
    assert_eq!(facts.original_operators_executed, Some(20));
    assert_eq!(asked, 3, "the original once, and two rungs");
}

#[test]
fn as_many_operators_of_other_kinds_are_not_the_same() {
    let (twin, _) = chosen(&["2", "16"], |rung| match rung {
        Some("2") => Ok(counts(10, 10)),
        _ => Ok(counts(20, 0)),
    });
    assert_eq!(twin.expect("a twin").facts.rung, "16");
}

#[test]
fn where_no_rung_has_the_same_the_hollowest_is_chosen_and_says_so() {
    let (twin, _) = chosen(&["16", "all"], |rung| {
        Ok(counts(20, u64::from(rung.is_some())))
    });
    let facts = twin.expect("a twin").facts;
    assert_eq!(
        (facts.rung.as_str(), facts.same_operators),
        ("16", Some(false))
    );
    assert_eq!(facts.operators_executed, Some(21));
}

#[test]
fn without_a_profiler_the_hollowest_is_chosen_after_asking_once() {
    let (twin, asked) = chosen(&["2", "16"], |_| Err("it has none".to_owned()));
    let twin = twin.expect("a twin");
    assert_eq!(
        (twin.facts.rung.as_str(), twin.facts.same_operators),
        ("2", None)
    );
    assert_eq!(asked, 1);
    let told: Vec<&str> = twin.missing.keys().map(String::as_str).collect();
    assert_eq!(
        told,
        [
            "twin.kinds",
            "twin.operators_executed",
            "twin.original_operators_executed",
            "twin.same_operators"
        ]
    );
}

#[test]
fn the_same_file_at_another_rung_is_not_run_again() {
    let (twin, asked) = chosen(&["2", "2 again", "16"], |rung| match rung {
        Some("16") | None => Ok(counts(20, 0)),
        _ => Ok(counts(20, 1)),
    });
    assert_eq!(twin.expect("a twin").facts.rung, "16");
    assert_eq!(asked, 3, "the original and two files");
}

#[test]
fn a_twin_whose_worker_fails_gives_way_to_the_next_rung() {
    let (twin, _) = chosen(&["2", "16"], |rung| match rung {
        Some("2") => Err("the worker was killed".to_owned()),
        _ => Ok(counts(20, 0)),
    });
    assert_eq!(twin.expect("a twin").facts.rung, "16");
}

#[test]
fn no_twin_at_all_has_the_reason_of_the_hollowest_and_asks_nobody() {
    let (none, asked) = chosen(&[], |_| Ok(counts(1, 0)));
    assert_eq!(none.expect_err("none"), "no twin at 2");
    assert_eq!(asked, 0);
}

#[test]
fn whoever_makes_none_says_why() {
    let run = built::run("run", vec![built::cell(1)]);
    let work = work(run.cells[0].clone(), Ok(0));
    let none = climb(
        &NoTwins("not a graph".to_owned()),
        &work,
        Path::new("/nowhere"),
        &mut |_| Ok(counts(1, 0)),
    );
    assert_eq!(none.expect_err("none"), "not a graph");
}

#[test]
fn what_follows_from_the_file_is_taken_from_the_file_and_the_rest_from_the_earlier_count() {
    let run = built::run("run", vec![built::cell(1)]);
    let work = work(run.cells[0].clone(), Ok(0));
    let mut earlier = hollow(&work, "2");
    earlier.facts.hollowness = Some(0.5);
    earlier.facts.operators_executed = Some(12);
    earlier.facts.same_operators = Some(true);
    earlier.missing = Missing::from([
        ("twin.kinds".to_owned(), "the profile names none".to_owned()),
        (
            "twin.elements".to_owned(),
            "an older tare did not count them".to_owned(),
        ),
    ]);
    let mut now = hollow(&work, "2");
    now.facts.hollowness = Some(1e-5);
    now.facts.elements = Some(700);
    let now = now.counted_as(&earlier.facts, &earlier.missing);
    assert_eq!(
        (now.facts.hollowness, now.facts.elements),
        (Some(1e-5), Some(700))
    );
    assert_eq!(
        (now.facts.operators_executed, now.facts.same_operators),
        (Some(12), Some(true))
    );
    let told: Vec<&str> = now.missing.keys().map(String::as_str).collect();
    assert_eq!(told, ["twin.kinds"]);
}
