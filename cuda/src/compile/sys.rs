//! NVRTC's calls with their errors.
#![allow(unsafe_code)]

use std::ffi::{CStr, CString, c_char, c_void};

use cudarc::nvrtc::result::{self, NvrtcError};
use cudarc::nvrtc::sys;

use crate::Fault;
use crate::driver::checked;

/// Calls that this makes.
const SYMBOLS: [&str; 8] = [
    "nvrtcCompileProgram",
    "nvrtcCreateProgram",
    "nvrtcDestroyProgram",
    "nvrtcGetCUBIN",
    "nvrtcGetCUBINSize",
    "nvrtcGetProgramLog",
    "nvrtcGetProgramLogSize",
    "nvrtcVersion",
];

/// `source` as code of the device that `options` name, see [`crate::options_for`]; any thread may compile, without a context.
///
/// # Errors
/// Where there is no compiler, and where the source does not compile: with what the compiler says, on one line.
pub fn compile(source: &str, options: &[String]) -> Result<Vec<u8>, Fault> {
    is_here()?;
    let call = format!("nvrtcCompileProgram {}", options.join(" "));
    if options.iter().any(|option| option.contains('\0')) {
        return Err(Fault::new(&call, "an option holds a zero byte"));
    }
    let source = CString::new(source).map_err(|error| Fault::new("the kernels", error))?;
    let program = result::create_program(&source, None).map_err(|e| of("nvrtcCreateProgram", e))?;
    let program = Program(program);
    // SAFETY: created just now; `source` outlives it.
    let compiled = unsafe { result::compile_program(program.0, options) };
    compiled.map_err(|error| Fault::new(&call, format!("{:?}: {}", error.0, program.log())))?;
    program.code()
}

/// The compiler's version, major before minor: other versions make other code of the same source.
///
/// # Errors
/// Where there is no compiler.
pub fn compiler_version() -> Result<(u32, u32), Fault> {
    is_here()?;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: both numbers are written to places of their own.
    let asked = unsafe { sys::nvrtcVersion(&mut major, &mut minor) };
    asked.result().map_err(|error| of("nvrtcVersion", error))?;
    Ok((major.unsigned_abs(), minor.unsigned_abs()))
}

fn is_here() -> Result<(), Fault> {
    // SAFETY: loading NVRTC runs its initialisers, which are meant for any process.
    let present = unsafe { sys::is_culib_present() };
    let has = |symbol: &str| {
        // SAFETY: the library is present, and what is found is not called.
        unsafe { sys::culib().get::<*const c_void>(symbol.as_bytes()).is_ok() }
    };
    let remedy = "install CUDA's NVRTC 12 or 13 and name its folder in LD_LIBRARY_PATH";
    checked("libnvrtc", present, has, &SYMBOLS, remedy)
}

fn of(call: &str, error: NvrtcError) -> Fault {
    Fault::new(call, format!("{:?}", error.0))
}

struct Program(sys::nvrtcProgram);

impl Program {
    /// What the compiler says, on one line.
    fn log(&self) -> String {
        // SAFETY: created, not destroyed.
        let log = unsafe { result::get_program_log(self.0) }.unwrap_or_default();
        let bytes: Vec<u8> = log.into_iter().map(|byte| byte as u8).collect();
        let text = CStr::from_bytes_until_nul(&bytes).map(CStr::to_string_lossy);
        let text = text.unwrap_or_default();
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn code(&self) -> Result<Vec<u8>, Fault> {
        let mut bytes = 0;
        // SAFETY: created and compiled; the size is written to a place of its own.
        let size = unsafe { sys::nvrtcGetCUBINSize(self.0, &mut bytes) };
        size.result().map_err(|e| of("nvrtcGetCUBINSize", e))?;
        let mut code = vec![0_u8; bytes];
        // SAFETY: as large as the compiler asked for.
        let copied = unsafe { sys::nvrtcGetCUBIN(self.0, code.as_mut_ptr().cast::<c_char>()) };
        copied.result().map_err(|e| of("nvrtcGetCUBIN", e))?;
        Ok(code)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // SAFETY: created, destroyed here only.
        let _ = unsafe { result::destroy_program(self.0) };
    }
}
