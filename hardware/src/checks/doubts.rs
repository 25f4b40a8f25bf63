//! What follows from findings: doubts of a record, and what a strict run refuses.

use tare_results::{Doubt, Finding, Outcome};

use super::check_named;

/// The doubts that a record made under these findings carries: the problems whose check says so.
pub fn doubts(findings: &[Finding]) -> Vec<Doubt> {
    let is_doubted =
        |finding: &&Finding| check_named(&finding.check).is_some_and(|check| check.is_doubt);
    let doubts = findings.iter().filter(is_doubted).filter_map(doubt);
    doubts.collect()
}

fn doubt(finding: &Finding) -> Option<Doubt> {
    match &finding.outcome {
        Outcome::Problem {
            found,
            excess,
            remedy,
            ..
        } => Some(Doubt::Environment {
            check: finding.check.clone(),
            found: found.clone(),
            excess: *excess,
            remedy: remedy.clone(),
        }),
        Outcome::Unchecked { .. } | Outcome::Fine { .. } => None,
    }
}

/// The problems among `findings` whose checks are among `names`; what cannot be checked is never refused.
pub fn refused<'a>(findings: &'a [Finding], names: &[impl AsRef<str>]) -> Vec<&'a Finding> {
    let is_refused = |finding: &&Finding| {
        finding.is_problem() && names.iter().any(|name| name.as_ref() == finding.check)
    };
    findings.iter().filter(is_refused).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::Check;
    use crate::checks::catalogue::{GOVERNOR, INVOLUNTARY_SWITCHES, STEAL, TURBO};
    use crate::checks::judged::Judged;
    use crate::checks::strict_names;

    fn found(check: &Check, is_problem: bool) -> Finding {
        check.finding(Ok::<_, String>(Judged::problem_if(is_problem, "x".into())))
    }

    #[test]
    fn problems_of_doubted_checks_are_doubts_and_nothing_else_is() {
        let findings = [
            found(&GOVERNOR, true),
            found(&TURBO, true),
            found(&STEAL, false),
            STEAL.finding(Err("not told")),
        ];
        let expected = Doubt::Environment {
            check: "governor".into(),
            found: "x".into(),
            excess: None,
            remedy: GOVERNOR.remedy.into(),
        };
        assert_eq!(doubts(&findings), [expected]);
    }

    #[test]
    fn a_finding_of_an_unknown_check_is_no_doubt() {
        let mut finding = found(&STEAL, true);
        finding.check = "weather".into();
        assert!(doubts(&[finding]).is_empty());
    }

    #[test]
    fn only_problems_of_the_named_set_are_refused() {
        let findings = [
            found(&GOVERNOR, true),
            found(&STEAL, false),
            STEAL.finding(Err("not told")),
            found(&INVOLUNTARY_SWITCHES, true),
        ];
        let strict = strict_names();
        let names: Vec<&str> = refused(&findings, &strict)
            .iter()
            .map(|f| f.check.as_str())
            .collect();
        assert_eq!(names, ["governor"]);
        assert_eq!(refused(&findings, &["involuntary-switches"]).len(), 1);
        assert!(refused(&findings, &[""; 0]).is_empty());
    }

    #[test]
    fn the_default_set_is_published() {
        assert_eq!(
            strict_names(),
            [
                "governor",
                "frequency",
                "thermal-throttling",
                "sibling-busy",
                "foreign-load",
                "steal",
                "cpu-limit",
                "cpu-throttling",
                "swap",
                "clock-source",
                "timer-resolution",
                "gpu-processes",
                "gpu-throttling",
            ]
        );
    }
}
