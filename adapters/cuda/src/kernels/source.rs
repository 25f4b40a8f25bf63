//! The text of the kernels: what all share, and one function for each that differs.

use std::collections::HashMap;
use std::fmt::{Display, Write as _};

use tare_models::DataType;

/// What all kernels share, in the order in which each builds on those before.
const SHARED: [&str; 7] = [
    include_str!("device/gpu.cuh"),
    include_str!("device/types.cuh"),
    include_str!("device/numbers.cuh"),
    include_str!("device/rows.cuh"),
    include_str!("device/pick.cuh"),
    include_str!("device/convolution.cuh"),
    include_str!("device/attention.cuh"),
];

/// The type of elements in the source.
pub(super) fn type_name(dtype: DataType) -> Result<&'static str, String> {
    match dtype {
        DataType::F32 => Ok("float"),
        DataType::F16 => Ok("f16"),
        DataType::Bf16 => Ok("bf16"),
        DataType::I32 => Ok("int"),
        DataType::I64 => Ok("i64"),
        DataType::Bool => Ok("u8"),
        other => Err(format!("no kernel holds {other}")),
    }
}

/// Of one element.
pub(super) fn element_bytes(dtype: DataType) -> u64 {
    tare_models::byte_len(dtype, &[1]).unwrap_or(1)
}

/// A 32-bit float as it is, to the last bit.
pub(super) fn float(value: f32) -> String {
    format!("__int_as_float(0x{:08x})", value.to_bits())
}

/// What a kernel of the shared source is made for: types, numbers and functions by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Config(String);

impl Config {
    pub(super) fn with_type(mut self, name: &str, kind: &str) -> Self {
        let _ = writeln!(self.0, "    typedef {kind} {name};");
        self
    }

    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        let _ = writeln!(self.0, "    static constexpr u32 {name} = {value};");
        self
    }

    pub(super) fn with_flag(mut self, name: &str, value: bool) -> Self {
        let _ = writeln!(self.0, "    static constexpr bool {name} = {value};");
        self
    }

    pub(super) fn with_wide(mut self, name: &str, value: impl Display) -> Self {
        let _ = writeln!(self.0, "    static constexpr u64 {name} = {value}ull;");
        self
    }

    /// A number that may be negative.
    pub(super) fn with_signed(mut self, name: &str, value: impl Display) -> Self {
        let _ = writeln!(self.0, "    static constexpr i64 {name} = {value}ll;");
        self
    }

    pub(super) fn with_int(mut self, name: &str, value: impl Display) -> Self {
        let _ = writeln!(self.0, "    static constexpr int {name} = {value};");
        self
    }

    pub(super) fn with_float(mut self, name: &str, value: f32) -> Self {
        let body = float(value);
        let _ = writeln!(
            self.0,
            "    static __device__ __forceinline__ float {name}() {{ return {body}; }}"
        );
        self
    }

    /// A function of a head's number: where its rows begin.
    pub(super) fn with_offset(mut self, name: &str, body: &str) -> Self {
        let _ = writeln!(
            self.0,
            "    static __device__ __forceinline__ i64 {name}(u32 at) {{ return {body}; }}"
        );
        self
    }
}

/// Collects kernels; those of one text are one.
#[derive(Default)]
pub(super) struct Writer {
    names: HashMap<String, String>,
    text: String,
}

impl Writer {
    /// The name of the kernel that calls the shared function `function` for `config`.
    pub(super) fn call(
        &mut self,
        kind: &str,
        function: &str,
        config: &Config,
        threads: u32,
    ) -> String {
        let key = format!("{function} {threads}\n{}", config.0);
        let number = self.names.len();
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let name = format!("{kind}_{number}");
        let call = match function.split_once('<') {
            None => format!("{function}<Config_{number}>"),
            Some((function, with)) => format!("{function}<{}Config_{number}>", with),
        };
        let _ = writeln!(self.text, "struct Config_{number} {{\n{}}};", config.0);
        self.kernel(&name, &format!("    {call}(arguments);\n"), threads);
        self.names.insert(key, name.clone());
        name
    }

    /// The name of the kernel with this body.
    pub(super) fn body(&mut self, kind: &str, body: &str, threads: u32) -> String {
        let key = format!("{threads}\n{body}");
        let number = self.names.len();
        if let Some(name) = self.names.get(&key) {
            return name.clone();
        }
        let name = format!("{kind}_{number}");
        self.kernel(&name, body, threads);
        self.names.insert(key, name.clone());
        name
    }

    fn kernel(&mut self, name: &str, body: &str, threads: u32) {
        let _ = writeln!(
            self.text,
            "extern \"C\" __global__ void __launch_bounds__({threads}) {name}(const __grid_constant__ Arguments arguments) {{\n{body}}}\n"
        );
    }

    /// All of the source.
    pub(super) fn source(&self) -> String {
        let guarded = format!("#ifndef __CUDA_EMULATED__\n{}#endif\n", SHARED[0]);
        let shared = SHARED[1..].concat();
        format!("{guarded}{shared}\n{}", self.text)
    }
}
