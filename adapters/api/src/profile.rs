//! What a framework's own profiler says of a request.

use serde::{Deserialize, Serialize};
use tare_units::Nanoseconds;

/// The operators that one request executed, in the framework's order; after fusion where the framework fuses.
pub type RequestProfile = Vec<OperatorTime>;

/// The start and the end of one piece of work, by one clock.
pub type Interval = (Nanoseconds, Nanoseconds);

/// The time that one operator took in a profiled request, or several where the framework tells no more: all of one kind, or
/// all of one kind and the same shapes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorTime {
    /// The framework's own name of this operator, of several alike that of one of them; `None` where it tells of kinds only.
    pub name: Option<String>,
    /// The framework's own name of the kind, such as `MatMul`.
    pub kind: String,
    /// How many were executed: 1 for a single operator. With a name, the inputs of all have the same shapes.
    pub count: u64,
    /// Their time together, in nanoseconds.
    pub time_ns: u64,
}
