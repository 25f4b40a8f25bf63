//! How long a worker goes on after its timed requests: for the sake of their energy, and for requests still under way.

use tare_units::Nanoseconds;

/// On top of what is needed, and the least by which a longer window is worth its time.
const MARGIN: f64 = 1.1;
/// The longest stretch. A counter that ticks once a second needs 40 to 80 s for 2% of a steady power, by where the edges
/// fall within its ticks; NVML's, ten times as quick, needs a tenth of that.
const LONGEST: Nanoseconds = Nanoseconds::from_secs(60);
/// Stretches of one worker: what the first one needs is told by timed requests that were too short to tell it well.
const MOST: usize = 2;
/// The part of a worker's time that is kept for telling what became of its requests.
const TELLING: u64 = 8;
/// And the longest.
const LONGEST_TELLING: Nanoseconds = Nanoseconds::from_secs(5);

/// What a worker has done when it is decided on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Had {
    /// Length of its timed requests.
    pub timed: Nanoseconds,
    /// Length of the window that is too short: the timed requests' or the latest stretch's.
    pub window: Nanoseconds,
    /// Stretches so far.
    pub stretches: usize,
    /// Time to its deadline.
    pub left: Nanoseconds,
}

/// The length of the next stretch where `needed` would do.
///
/// It takes at most half of the time that is left beside another go as long as the timed one: the other half is for the
/// request that is under way at its end, the check input, and what is written.
pub fn stretch(needed: Nanoseconds, had: Had) -> Option<Nanoseconds> {
    let worth = with_margin(had.window);
    let is_clear = had.stretches == 0 || needed >= worth;
    let room = had.left.saturating_sub(had.timed).as_nanos() / 2;
    let length = with_margin(needed)
        .min(LONGEST)
        .min(Nanoseconds::from_nanos(room));
    let goes_on = had.stretches < MOST && is_clear && length >= worth;
    goes_on.then_some(length)
}

/// How long requests under way at the end of `timed` work are waited for, under load: a quarter of what is left to the
/// deadline, and no less than [`telling`] takes where the work is as long as that, as some of it may end before.
pub fn drain(deadline: Nanoseconds, timed: Nanoseconds) -> Nanoseconds {
    let quarter = Nanoseconds::from_nanos(deadline.saturating_sub(timed).as_nanos() / 4);
    quarter.max(telling(deadline))
}

/// What a worker under load keeps of its `deadline` for what comes after its requests: servers that end, the check input,
/// and what is written.
pub fn telling(deadline: Nanoseconds) -> Nanoseconds {
    Nanoseconds::from_nanos(deadline.as_nanos() / TELLING).min(LONGEST_TELLING)
}

fn with_margin(length: Nanoseconds) -> Nanoseconds {
    Nanoseconds::from_nanos_f64(length.as_nanos() as f64 * MARGIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HAD: Had = Had {
        timed: Nanoseconds::from_secs(1),
        window: Nanoseconds::from_secs(1),
        stretches: 0,
        left: Nanoseconds::from_secs(110),
    };

    fn seconds(needed_s: u64, had: Had) -> Option<f64> {
        let needed = Nanoseconds::from_secs(needed_s);
        stretch(needed, had).map(Nanoseconds::as_secs_f64)
    }

    #[test]
    fn a_tenth_more_than_needed_and_a_minute_at_the_most() {
        assert_eq!(seconds(5, HAD), Some(5.5));
        assert_eq!(seconds(50, HAD), Some(54.5), "half of what is left");
        let patient = Had {
            left: Nanoseconds::from_secs(1_000),
            ..HAD
        };
        assert_eq!(seconds(50, patient), Some(55.0));
        assert_eq!(seconds(3_000, patient), Some(60.0));
    }

    #[test]
    fn requests_under_way_are_waited_for_within_the_deadline() {
        let seconds = Nanoseconds::from_secs;
        assert_eq!(drain(seconds(121), seconds(1)), seconds(30));
        assert_eq!(drain(seconds(8), seconds(60)), seconds(1));
    }

    #[test]
    fn an_eighth_of_the_deadline_is_for_telling_and_no_more_than_five_seconds() {
        let seconds = Nanoseconds::from_secs;
        assert_eq!(telling(seconds(8)), seconds(1));
        assert_eq!(telling(seconds(120)), seconds(5));
    }

    #[test]
    fn no_stretch_comes_near_the_deadline() {
        for left in 1..200 {
            let left = Nanoseconds::from_secs(left);
            if let Some(length) = stretch(Nanoseconds::from_secs(500), Had { left, ..HAD }) {
                assert!(length + length + HAD.timed <= left, "{length} of {left}");
            }
        }
        let late = Had {
            left: Nanoseconds::from_secs(3),
            ..HAD
        };
        assert_eq!(seconds(5, late), None, "no longer than what there is");
    }

    #[test]
    fn a_second_stretch_is_for_a_first_one_that_was_clearly_too_short_and_there_is_no_third() {
        let once = Had {
            window: Nanoseconds::from_secs(10),
            stretches: 1,
            ..HAD
        };
        assert_eq!(seconds(15, once), Some(16.5));
        assert_eq!(seconds(10, once), None);
        let twice = Had {
            stretches: 2,
            ..once
        };
        assert_eq!(seconds(15, twice), None);
        let longest = Had {
            window: LONGEST,
            ..once
        };
        assert_eq!(seconds(90, longest), None, "no longer one is to be had");
    }
}
