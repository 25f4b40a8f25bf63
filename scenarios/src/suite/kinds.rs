//! The tables that a suite may have, each with its keys.

use super::keys::Kind;

/// What is measured.
const MATRIX: &[&str] = &[
    "models",
    "adapters",
    "scenarios",
    "batches",
    "shapes",
    "precisions",
    "devices",
    "threads",
];

/// How long.
const EFFORT: &[&str] = &["repeats", "duration", "max_requests"];

pub(super) const SUITE: Kind = Kind {
    what: "suite",
    known: &[
        &["name", "summary", "absent"],
        MATRIX,
        EFFORT,
        &["quick", "experiment"],
    ],
    elsewhere: (&[], ""),
};

pub(super) const QUICK: Kind = Kind {
    what: "quick variant",
    known: &[MATRIX, EFFORT],
    elsewhere: (&["name", "summary", "absent"], "at the top of the suite"),
};

pub(super) const EXPERIMENT: Kind = Kind {
    what: "experiment",
    known: &[&["name", "summary"], MATRIX, &["quick"]],
    elsewhere: (
        &["absent", "repeats", "duration", "max_requests"],
        "at the top of the suite, for all its experiments",
    ),
};

pub(super) const EXPERIMENT_QUICK: Kind = Kind {
    what: "quick variant of an experiment",
    known: &[MATRIX],
    elsewhere: (EFFORT, "in the suite's [quick], for all its experiments"),
};
