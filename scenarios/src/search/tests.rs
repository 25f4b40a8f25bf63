//! Searches on systems whose highest rate is known.

use super::*;

const SECOND: Nanoseconds = Nanoseconds::from_secs(1);

fn effort(budget: u64) -> Effort {
    Effort {
        requests: 700,
        most: 1_000_000,
        shortest: SECOND,
        budget: Nanoseconds::from_secs(budget),
    }
}

/// Runs a search on a system that keeps the objective up to `capacity`, and whose trials of n requests do not decide rates
/// within a share of `blur`/√n of it; trials take as long as they should.
fn on(capacity: f64, blur: f64, mut search: Search) -> (Bracket, Vec<Trial>) {
    let mut trials = Vec::new();
    while let Some(trial) = search.trial() {
        trials.push(trial);
        let requests = trial.per_s * trial.duration.as_secs_f64();
        let away = (trial.per_s / capacity).ln();
        let told = match away.abs() <= blur / requests.sqrt() {
            true => Told::Undecided,
            false if away < 0.0 => Told::Kept,
            false => Told::Missed,
        };
        search.tell(told, trial.duration);
    }
    (search.bracket(), trials)
}

fn assert_holds(bracket: &Bracket, capacity: f64) -> f64 {
    let (kept, missed) = (bracket.kept.expect("kept"), bracket.missed.expect("missed"));
    assert!(
        kept < capacity && capacity < missed,
        "{capacity} {bracket:?}"
    );
    missed / kept
}

#[test]
fn the_bracket_holds_the_capacity_and_is_narrow_from_wherever_it_begins() {
    for capacity in [3.1, 140.1, 5_000.1, 123_456.1] {
        for first in [0.02, 0.5, 1.01, 3.0, 40.0] {
            let (bracket, _) = on(
                capacity,
                0.0,
                Search::new(first * capacity, effort(100_000)),
            );
            assert!(assert_holds(&bracket, capacity) <= 1.03, "{bracket:?}");
            assert_eq!(bracket.end, End::Narrow);
            assert!(bracket.trials <= MOST_TRIALS);
        }
    }
}

#[test]
fn rates_that_short_trials_do_not_decide_are_closed_in_by_longer_ones() {
    let capacity = 1_000.0;
    for first in [0.3, 0.5, 0.97, 1.0, 1.04, 2.0, 5.0] {
        for (blur, wide) in [(0.5, 1.03), (2.0, 1.05), (10.0, 1.35)] {
            let search = Search::new(first * capacity, effort(4_000));
            let (bracket, trials) = on(capacity, blur, search);
            let width = assert_holds(&bracket, capacity);
            println!("from {first}, blur {blur}: {width} by {}", trials.len());
            assert!(
                width <= wide,
                "from {first}, blur {blur}: {bracket:?} {trials:#?}"
            );
        }
    }
}

#[test]
fn of_a_short_budget_the_bracket_is_wide_and_says_that_a_rate_was_not_decided() {
    let (bracket, trials) = on(1_000.0, 15.0, Search::new(980.0, effort(20)));
    let width = assert_holds(&bracket, 1_000.0);
    assert!(width > 1.03 && width < 2.5, "{bracket:?}");
    assert_eq!(bracket.end, End::Undecided);
    let all: u64 = trials.iter().map(|trial| trial.duration.as_nanos()).sum();
    assert!(all <= 20 * SECOND.as_nanos(), "{trials:#?}");
}

#[test]
fn a_first_rate_that_is_not_decided_is_an_upper_end_and_half_of_it_comes_next() {
    let mut search = Search::new(980.0, effort(60));
    search.tell(Told::Undecided, SECOND);
    assert_eq!(search.trial().map(|trial| trial.per_s), Some(490.0));
    search.tell(Told::Kept, SECOND);
    let next = search.trial().map(|trial| trial.per_s);
    assert_eq!(next, Some(1_960.0), "an end that is missed");
    search.tell(Told::Missed, SECOND);
    let next = search.trial().expect("time is left").per_s;
    assert_eq!(next, (490.0_f64 * 980.0).sqrt(), "then in between");
}

#[test]
fn trials_have_the_requests_that_decide_and_the_budget_is_never_exceeded() {
    let budget = 20;
    let (bracket, trials) = on(300.0, 0.0, Search::new(100.0, effort(budget)));
    assert_eq!(trials[0].duration, Nanoseconds::from_secs(7));
    let all: u64 = trials.iter().map(|trial| trial.duration.as_nanos()).sum();
    assert!(all <= budget * SECOND.as_nanos(), "{trials:?}");
    assert_eq!(bracket.end, End::Spent);
    let quick = on(1e6, 0.0, Search::new(1e5, effort(100))).1;
    let has_room =
        |trial: &Trial| trial.per_s * trial.duration.as_secs_f64() <= 1_000_000.0 * (1.0 + 1e-9);
    assert!(quick.iter().all(has_room), "{quick:?}");
    let slower = quick.iter().filter(|trial| trial.per_s < 1e6);
    assert!(slower.into_iter().all(|trial| trial.duration >= SECOND));
}

#[test]
fn the_first_trial_is_cut_to_a_budget_that_is_shorter() {
    let (bracket, trials) = on(300.0, 0.0, Search::new(1.0, effort(10)));
    assert_eq!(trials.len(), 1);
    assert_eq!(trials[0].duration, Nanoseconds::from_secs(10));
    assert_eq!(
        (bracket.kept, bracket.missed, bracket.end),
        (Some(1.0), None, End::Spent)
    );
}

#[test]
fn where_nothing_is_kept_it_goes_down_until_its_time_is_over() {
    for told in [Told::Missed, Told::Undecided] {
        let mut search = Search::new(100.0, effort(600));
        let mut rates = Vec::new();
        while let Some(trial) = search.trial() {
            rates.push(trial.per_s);
            search.tell(told, trial.duration);
        }
        let bracket = search.bracket();
        assert_eq!(bracket.kept, None);
        assert!(rates.windows(2).all(|pair| pair[1] == pair[0] / 2.0));
        assert!(rates.len() >= 4, "{rates:?}");
    }
}

#[test]
fn trials_that_take_longer_than_they_should_count_with_all_their_time() {
    let mut search = Search::new(1_000.0, effort(10));
    let trial = search.trial().expect("the first");
    search.tell(Told::Kept, trial.duration + Nanoseconds::from_secs(9));
    assert_eq!(search.trial(), None);
    assert_eq!(search.bracket().end, End::Spent);
}

#[test]
fn however_many_trials_are_made_together_they_err_with_five_in_a_hundred_at_the_most() {
    assert!(RISK * f64::from(MOST_TRIALS) <= 1.0 - CONFIDENCE + 1e-12);
    let mut search = Search::new(100.0, effort(60));
    let mut made = 0;
    while search.trial().is_some() {
        made += 1;
        search.tell(Told::Kept, Nanoseconds::ZERO);
    }
    assert_eq!(made, MOST_TRIALS);
}
