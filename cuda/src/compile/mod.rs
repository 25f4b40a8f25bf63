//! CUDA C to the code of a device.

mod sys;

pub use sys::{compile, compiler_version};

/// Options of [`compile`] that name the device by its compute capability: `sm_90` of (9, 0).
pub fn options_for((major, minor): (u32, u32)) -> Vec<String> {
    vec![format!("--gpu-architecture=sm_{major}{minor}")]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_capability_is_named_without_a_point() {
        assert_eq!(options_for((8, 6)), ["--gpu-architecture=sm_86"]);
        assert_eq!(options_for((12, 0)), ["--gpu-architecture=sm_120"]);
    }
}
