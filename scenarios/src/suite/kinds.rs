//! The tables that a suite may have, each with its keys.

use super::keys::Kind;

pub(super) const SUITE: Kind = Kind {
    what: "suite",
    known: &[
        "name",
        "summary",
        "absent",
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "repeats",
        "duration",
        "max_requests",
        "quick",
        "experiment",
    ],
    elsewhere: (&[], ""),
};

pub(super) const QUICK: Kind = Kind {
    what: "quick variant",
    known: &[
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "repeats",
        "duration",
        "max_requests",
    ],
    elsewhere: (&["name", "summary", "absent"], "at the top of the suite"),
};

pub(super) const EXPERIMENT: Kind = Kind {
    what: "experiment",
    known: &[
        "name",
        "summary",
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
        "quick",
    ],
    elsewhere: (
        &["absent", "repeats", "duration", "max_requests"],
        "at the top of the suite, for all its experiments",
    ),
};

pub(super) const EXPERIMENT_QUICK: Kind = Kind {
    what: "quick variant of an experiment",
    known: &[
        "models",
        "adapters",
        "scenarios",
        "batches",
        "shapes",
        "precisions",
        "devices",
        "threads",
    ],
    elsewhere: (
        &["repeats", "duration", "max_requests"],
        "in the suite's [quick], for all its experiments",
    ),
};
