//! TorchScript files, and what can be wrong with one.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::Path;

use tare_adapter_api::{AdapterError, LoadRequest};

use crate::shim::{Module, ShimError};

/// How a zip archive begins (APPNOTE 6.3.10, section 4.3.7), and so every file of `torch.jit.save`.
const ZIP: &[u8] = b"PK\x03\x04";

/// Reads the module into the memory of the device and holds its inputs against the request's.
pub(super) fn read(request: &LoadRequest) -> Result<Module, AdapterError> {
    let path = &request.model;
    look(path)?;
    let failed = |error: ShimError| refusal(path, &error.to_string());
    let module = Module::load(path, &request.device.to_string()).map_err(failed)?;
    let (least, most) = module.arity().map_err(|error| {
        refusal(
            path,
            &format!("{error}: give that argument of forward a default"),
        )
    })?;
    let given = request.inputs.len();
    if (least..=most).contains(&given) {
        return Ok(module);
    }
    let takes = if least == most {
        least.to_string()
    } else {
        format!("{least} to {most}")
    };
    Err(refusal(
        path,
        &format!(
            "its module takes {takes} tensors but {given} inputs were given: give as many --input, or the other arguments of forward a default"
        ),
    ))
}

/// Tells what is no archive at all apart before libtorch words it.
fn look(path: &Path) -> Result<(), AdapterError> {
    let mut start = [0; ZIP.len()];
    let read = File::open(path).and_then(|mut file| file.read_exact(&mut start));
    match read {
        Ok(()) if start == ZIP => Ok(()),
        Err(error) if error.kind() != ErrorKind::UnexpectedEof => {
            Err(refusal(path, &error.to_string()))
        }
        _ => Err(refusal(
            path,
            "it is no TorchScript: such a file is a zip archive; write it with torch.jit.save",
        )),
    }
}

fn refusal(path: &Path, reason: &str) -> AdapterError {
    let damaged = reason.strip_prefix("PytorchStreamReader failed ");
    let reason = damaged.map_or_else(
        || reason.to_owned(),
        |detail| format!("the file is cut short or damaged ({detail}): copy it anew"),
    );
    AdapterError::Load(format!("'{}': {reason}", path.display()))
}
