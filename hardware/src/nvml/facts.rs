//! What NVML knows of each GPU that does not change from moment to moment.

use nvml_wrapper::enum_wrappers::device::Clock;
use nvml_wrapper::error::NvmlError as WrapperError;
use nvml_wrapper::{Device, Nvml as Library};
use tare_units::Bytes;

use crate::nvml::{Nvml, NvmlError};

/// A fact, or the reason why NVML does not tell it.
type Known<T> = Result<T, NvmlError>;

/// The facts of one GPU.
#[derive(Debug, Clone, PartialEq)]
pub struct GpuFacts {
    /// NVML's index.
    pub index: u32,
    /// Such as `NVIDIA H200`.
    pub name: Known<String>,
    /// Such as `GPU-…`.
    pub uuid: Known<String>,
    /// Installed.
    pub memory: Known<Bytes>,
    /// Such as `570.124.06`.
    pub driver: Known<String>,
    /// Such as `12.8`.
    pub cuda: Known<String>,
    /// Such as `9.0`.
    pub compute_capability: Known<String>,
    /// Whether memory corrects errors.
    pub ecc: Known<bool>,
    /// Whether it is divided into instances; not offered where it cannot be.
    pub mig: Known<bool>,
    /// Whether the driver stays loaded.
    pub persistence: Known<bool>,
    /// Enforced now, in milliwatts.
    pub power_limit_mw: Known<u64>,
    /// As delivered, in milliwatts.
    pub default_power_limit_mw: Known<u64>,
    /// In megahertz.
    pub max_sm_clock_mhz: Known<u64>,
    /// In megahertz.
    pub max_memory_clock_mhz: Known<u64>,
    /// That device and slot reach together.
    pub pcie_generation: Known<u64>,
    /// That device and slot have together.
    pub pcie_lanes: Known<u64>,
}

impl Nvml {
    /// The facts of every GPU, in NVML's order.
    ///
    /// # Errors
    /// Where NVML does not even list them.
    pub fn facts(&self) -> Result<Vec<GpuFacts>, NvmlError> {
        self.patiently("its GPUs", |library| {
            let count = library.device_count()?;
            Ok((0..count).map(|index| facts(library, index)).collect())
        })
    }
}

fn facts(library: &Library, index: u32) -> GpuFacts {
    let driver = told("the driver's version", library.sys_driver_version());
    let cuda = told("the CUDA version", library.sys_cuda_driver_version());
    let device = library.device_by_index(index);
    let ask = Asking(&device);
    let wide = |number: u32| u64::from(number);
    GpuFacts {
        index,
        name: ask.of("the name", Device::name),
        uuid: ask.of("the identifier", Device::uuid),
        memory: ask
            .of("the memory", Device::memory_info)
            .map(|memory| Bytes::from_bytes(memory.total)),
        driver,
        cuda: cuda.map(|version| format!("{}.{}", version / 1000, version % 1000 / 10)),
        compute_capability: ask
            .of("the compute capability", Device::cuda_compute_capability)
            .map(|version| format!("{}.{}", version.major, version.minor)),
        ecc: ask
            .of("error correction", Device::is_ecc_enabled)
            .map(|state| state.currently_enabled),
        mig: ask
            .of("instances (MIG)", Device::mig_mode)
            .map(|mode| mode.current != 0),
        persistence: ask.of("persistence", Device::is_in_persistent_mode),
        power_limit_mw: ask
            .of("the power limit", Device::enforced_power_limit)
            .map(wide),
        default_power_limit_mw: ask
            .of(
                "the default power limit",
                Device::power_management_limit_default,
            )
            .map(wide),
        max_sm_clock_mhz: ask
            .of("the highest clock", |gpu| gpu.max_clock_info(Clock::SM))
            .map(wide),
        max_memory_clock_mhz: ask
            .of("the highest memory clock", |gpu| {
                gpu.max_clock_info(Clock::Memory)
            })
            .map(wide),
        pcie_generation: ask
            .of("the PCIe generation", Device::max_pcie_link_gen)
            .map(wide),
        pcie_lanes: ask
            .of("the PCIe lanes", Device::max_pcie_link_width)
            .map(wide),
    }
}

struct Asking<'a, 'library>(&'a Result<Device<'library>, WrapperError>);

impl<'a, 'library> Asking<'a, 'library> {
    fn of<T>(
        &self,
        what: &'static str,
        question: impl FnOnce(&'a Device<'library>) -> Result<T, WrapperError>,
    ) -> Known<T> {
        match self.0 {
            Ok(device) => told(what, question(device)),
            Err(error) => Err(NvmlError::of(what, error)),
        }
    }
}

fn told<T>(what: &'static str, answer: Result<T, WrapperError>) -> Known<T> {
    answer.map_err(|error| NvmlError::of(what, &error))
}
