//! The exceptions: each names a file, a part of the finding's text and its reason, and must still be needed.

use super::Finding;

/// One exception.
pub struct Allowed {
    path: &'static str,
    finding: &'static str,
    reason: &'static str,
}

/// Every exception of this repository.
pub const ALLOWED: &[Allowed] = &[];

/// The findings that no exception covers, and one for each exception that covers nothing.
pub fn apply(findings: Vec<Finding>, allowed: &[Allowed]) -> Vec<Finding> {
    let unused = allowed
        .iter()
        .filter(|allowed| !findings.iter().any(|finding| covers(allowed, finding)));
    let unused = unused.map(|allowed| {
        let Allowed {
            path,
            finding,
            reason,
        } = allowed;
        Finding::new(
            path,
            1,
            format!("the exception `{finding}` ({reason}) is no longer needed, remove it"),
        )
    });
    let unused: Vec<Finding> = unused.collect();
    let covered = |finding: &Finding| allowed.iter().any(|allowed| covers(allowed, finding));
    findings
        .into_iter()
        .filter(|finding| !covered(finding))
        .chain(unused)
        .collect()
}

fn covers(allowed: &Allowed, finding: &Finding) -> bool {
    finding.path == allowed.path && finding.message.contains(allowed.finding)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Allowed = Allowed {
        path: "a.rs",
        finding: "function `table`",
        reason: "a table",
    };

    #[test]
    fn an_exception_covers_its_own_finding_only() {
        let findings = vec![
            Finding::new("a.rs", 3, "function `table` of 60 lines"),
            Finding::new("a.rs", 90, "function `other` of 60 lines"),
            Finding::new("b.rs", 3, "function `table` of 60 lines"),
        ];
        let left: Vec<usize> = apply(findings, &[LONG])
            .iter()
            .map(|finding| finding.line)
            .collect();
        assert_eq!(left, [90, 3]);
    }

    #[test]
    fn an_exception_that_covers_nothing_is_itself_a_finding() {
        let findings = apply(Vec::new(), &[LONG]);
        assert!(findings[0].message.contains("no longer needed"));
    }

    #[test]
    fn every_exception_gives_its_reason() {
        assert!(ALLOWED.iter().all(|allowed| allowed.reason.contains(' ')));
    }
}
