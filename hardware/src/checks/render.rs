//! Findings as lines for a person: problems with what to do about them, what cannot be checked, what is fine.

use tare_results::{Finding, Outcome};

use super::strict_names;
use crate::render::labelled;

const LABEL: usize = 24;

/// Three groups, those that are empty left out.
pub fn render_findings(findings: &[Finding]) -> String {
    let mut text = String::new();
    group(
        &mut text,
        "problems",
        findings,
        |text, finding| match &finding.outcome {
            Outcome::Problem {
                found, why, remedy, ..
            } => {
                labelled(text, LABEL, &name(finding), found);
                labelled(text, LABEL, "", &format!("why: {why}"));
                labelled(text, LABEL, "", &format!("remedy: {remedy}"));
                true
            }
            _ => false,
        },
    );
    group(
        &mut text,
        "cannot be checked here",
        findings,
        |text, finding| match &finding.outcome {
            Outcome::Unchecked { reason } => {
                labelled(text, LABEL, &name(finding), reason);
                true
            }
            _ => false,
        },
    );
    group(
        &mut text,
        "fine",
        findings,
        |text, finding| match &finding.outcome {
            Outcome::Fine { found } => {
                labelled(text, LABEL, &name(finding), found);
                true
            }
            _ => false,
        },
    );
    text
}

/// Which checks a strict run heeds.
pub fn render_strict() -> String {
    let mut text = String::new();
    let names = strict_names().join(", ");
    labelled(
        &mut text,
        LABEL,
        "tare run --strict",
        &format!("heeds {names}"),
    );
    text
}

/// `tell` writes a finding of the group and says whether it belongs to it.
fn group(
    text: &mut String,
    title: &str,
    findings: &[Finding],
    tell: impl Fn(&mut String, &Finding) -> bool,
) {
    let mut members = String::new();
    let count = findings
        .iter()
        .filter(|finding| tell(&mut members, finding))
        .count();
    if count > 0 {
        let gap = if text.is_empty() { "" } else { "\n" };
        text.push_str(&format!("{gap}{title} ({count})\n{members}"));
    }
}

fn name(finding: &Finding) -> String {
    format!("  {}", finding.check)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::catalogue::{CLOCK_SOURCE, FREQUENCY, HUGE_PAGES, SWAP};
    use crate::checks::judged::Judged;

    #[test]
    fn problems_come_first_with_their_remedies() {
        let judged = |bad, text: &str| Ok::<_, String>(Judged::problem_if(bad, text.to_owned()));
        let findings = [
            FREQUENCY.finding(Err("/sys/x does not exist".to_owned())),
            HUGE_PAGES.finding(judged(true, "always")),
            CLOCK_SOURCE.finding(judged(false, "tsc")),
            SWAP.finding(judged(false, "no page")),
        ];
        let expected = "\
problems (1)
  huge-pages            always
                        why: pages are merged in the background whenever the kernel finds the time,
                        so that latency and resident memory differ from one start to the next
                        remedy: as root: echo madvise > /sys/kernel/mm/transparent_hugepage/enabled

cannot be checked here (1)
  frequency             /sys/x does not exist

fine (2)
  clock-source          tsc
  swap                  no page
";
        assert_eq!(render_findings(&findings), expected);
    }

    #[test]
    fn what_a_strict_run_heeds_is_told_in_lines_that_fit() {
        let text = render_strict();
        assert!(
            text.starts_with("tare run --strict       heeds governor, frequency,"),
            "{text}"
        );
        assert!(
            text.contains("swap") && !text.contains("huge-pages"),
            "{text}"
        );
        assert!(text.lines().all(|line| line.len() <= 100), "{text}");
    }

    #[test]
    fn no_name_touches_what_was_found() {
        for check in crate::checks::CHECKS {
            let fine = check.finding(Ok::<_, String>(Judged::problem_if(false, "x".into())));
            let text = render_findings(&[fine]);
            assert!(text.contains(&format!("  {} ", check.name)), "{text}");
        }
    }

    #[test]
    fn empty_groups_are_left_out() {
        assert_eq!(render_findings(&[]), "");
        let fine = SWAP.finding(Ok::<_, String>(Judged::problem_if(false, "no page".into())));
        assert_eq!(
            render_findings(&[fine]),
            "fine (1)\n  swap                  no page\n"
        );
    }
}
