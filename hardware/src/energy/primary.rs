//! Whose energy counts, and which source tells it best.

/// Whose energy the figures for a sample are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Primary {
    /// The processors'.
    Cpu,
    /// A GPU's, by its identifier.
    Gpu(String),
}

impl Primary {
    /// Names of sources, one that watches just what computes before one that watches more.
    pub(crate) fn names(&self) -> [String; 3] {
        match self {
            Self::Cpu => ["rapl:package", "rapl:psys", "meter"].map(str::to_owned),
            Self::Gpu(device) => [
                format!("nvml:{device}:counter"),
                format!("nvml:{device}:power"),
                "meter".to_owned(),
            ],
        }
    }
}
