//! What the driver says of a device.

use tare_units::Bytes;

/// A device as it was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Such as `NVIDIA H200`.
    pub name: String,
    /// The compute capability, major before minor.
    pub capability: (u32, u32),
    /// Multiprocessors.
    pub multiprocessors: u64,
    /// The cache that all of them share.
    pub l2: Bytes,
    /// The most shared memory that a block may ask for, see [`crate::Kernel::allow_shared`].
    pub shared: Bytes,
    /// Memory that could be had when this was asked.
    pub free: Bytes,
    /// Memory in all.
    pub total: Bytes,
    /// The newest CUDA that the driver has, major before minor.
    pub driver: (u32, u32),
    /// Five groups of hexadecimal digits, without the kind that NVML writes before them; `None` where the driver does not say.
    pub uuid: Option<String>,
}

/// A version as CUDA counts: 12080 is 12.8.
pub(super) fn version(number: u32) -> (u32, u32) {
    (number / 1000, number % 1000 / 10)
}

/// 16 bytes as NVML writes them.
pub(super) fn uuid(bytes: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (index, byte) in bytes.iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        text.push_str(&format!("{byte:02x}"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_as_cuda_counts() {
        assert_eq!(version(12080), (12, 8));
        assert_eq!(version(13000), (13, 0));
        assert_eq!(version(11040), (11, 4));
    }

    #[test]
    fn a_uuid_has_five_groups() {
        let bytes = std::array::from_fn(|index| index as u8 * 17);
        assert_eq!(uuid(bytes), "00112233-4455-6677-8899-aabbccddeeff");
    }
}
