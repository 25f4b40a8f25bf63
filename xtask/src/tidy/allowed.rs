//! The exceptions: each names a file, a part of the finding's text and its reason, and must still be needed.

use super::Finding;

/// One exception.
pub struct Allowed {
    path: &'static str,
    finding: &'static str,
    reason: &'static str,
}

/// Every exception of this repository.
pub const ALLOWED: &[Allowed] = &[
    Allowed {
        path: "models/src/infer/table.rs",
        finding: "`keeps_shape`",
        reason: "an alphabetical list of operators, a line each",
    },
    Allowed {
        path: "models/tests/reader.rs",
        finding: "`each_encoding_of_a_tensor_gives_its_numbers`",
        reason: "a table of encodings",
    },
    Allowed {
        path: "models/tests/resolve_fold.rs",
        finding: "`movement_of_constants_is_computed`",
        reason: "a table of operators and their results",
    },
    Allowed {
        path: "models/tests/resolve_layers.rs",
        finding: "`attention_gives_output_and_caches`",
        reason: "a table of shapes",
    },
    Allowed {
        path: "models/tests/resolve_layout.rs",
        finding: "`rearranging_keeps_the_elements`",
        reason: "a table of shapes",
    },
    Allowed {
        path: "models/tests/zoo/support.rs",
        finding: "`infer`",
        reason: "one arm an operator, on purpose independent of the product's own table",
    },
];

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
