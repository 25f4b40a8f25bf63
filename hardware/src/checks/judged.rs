//! From what a check measured to its finding.

use std::fmt::Display;

use tare_results::{Finding, Outcome};

use super::Check;

/// What was found, and whether it is a problem.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Judged {
    found: String,
    is_problem: bool,
    excess: Option<f64>,
    remedy: Option<String>,
}

impl Judged {
    /// A problem or not, without a degree.
    pub(crate) fn problem_if(is_problem: bool, found: String) -> Self {
        Self {
            found,
            is_problem,
            excess: None,
            remedy: None,
        }
    }

    /// A problem where `value` is above `bound`.
    pub(crate) fn within(value: f64, bound: f64, found: String) -> Self {
        let is_problem = value > bound;
        let excess = (is_problem && bound > 0.0).then(|| value / bound);
        Self {
            excess,
            ..Self::problem_if(is_problem, found)
        }
    }

    /// With a remedy that knows more than the check's own.
    pub(crate) fn with_remedy(self, remedy: String) -> Self {
        Self {
            remedy: Some(remedy),
            ..self
        }
    }
}

impl Check {
    /// The finding of what was `judged`, or of the reason why it could not be.
    pub(crate) fn finding<E: Display>(&self, judged: Result<Judged, E>) -> Finding {
        let outcome = match judged {
            Err(reason) => Outcome::Unchecked {
                reason: reason.to_string(),
            },
            Ok(judged) if !judged.is_problem => Outcome::Fine {
                found: judged.found,
            },
            Ok(judged) => Outcome::Problem {
                found: judged.found,
                excess: judged.excess,
                why: self.why.to_owned(),
                remedy: judged.remedy.unwrap_or_else(|| self.remedy.to_owned()),
            },
        };
        Finding {
            check: self.name.to_owned(),
            about: self.about,
            outcome,
        }
    }
}

/// `0-1,4` for the processors 0, 1 and 4.
pub(crate) fn ranges(members: &[u64]) -> String {
    let mut parts: Vec<(u64, u64)> = Vec::new();
    for member in members {
        match parts.last_mut() {
            Some((_, last)) if *last + 1 == *member => *last = *member,
            _ => parts.push((*member, *member)),
        }
    }
    let text = |(first, last): &(u64, u64)| match first == last {
        true => first.to_string(),
        false => format!("{first}-{last}"),
    };
    parts.iter().map(text).collect::<Vec<_>>().join(",")
}

pub(crate) fn gigahertz(khz: u64) -> String {
    format!("{:.2} GHz", khz as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::catalogue::STEAL;

    #[test]
    fn a_bound_is_passed_only_above_it_and_the_excess_counts_from_it() {
        let at = |value| STEAL.finding(Ok::<_, String>(Judged::within(value, 0.01, "x".into())));
        assert!(!at(0.01).is_problem());
        let Outcome::Problem {
            excess,
            why,
            remedy,
            ..
        } = at(0.03).outcome
        else {
            panic!("above the bound");
        };
        assert!((excess.unwrap() - 3.0).abs() < 1e-9);
        assert_eq!((why.as_str(), remedy.as_str()), (STEAL.why, STEAL.remedy));
    }

    #[test]
    fn a_bound_of_nothing_gives_no_degree() {
        let judged = Judged::within(5.0, 0.0, "x".into());
        assert_eq!((judged.is_problem, judged.excess), (true, None));
    }

    #[test]
    fn a_reason_is_no_problem_and_not_fine() {
        let finding = STEAL.finding(Err::<Judged, _>("no file"));
        let reason = "no file".to_owned();
        assert_eq!(finding.outcome, Outcome::Unchecked { reason });
    }

    #[test]
    fn neighbours_are_written_as_ranges() {
        assert_eq!(ranges(&[0, 1, 2, 4, 6, 7]), "0-2,4,6-7");
        assert_eq!(ranges(&[]), "");
        assert_eq!(
            crate::cpu_list::members(&ranges(&[3, 9, 10])),
            Some(vec![3, 9, 10])
        );
    }
}
