//! What can be chosen: the adapter's options, and what they mean for a cell.

use tare_adapter_api::{
    AdapterError, Device, LoadRequest, ModelFormat, Options, Precision, RuntimeFacts,
    check_options, choice, flag,
};

use crate::NAME;
use crate::shim::{self, Switches};

/// What mends a refusal of [`Settings::read`].
pub(crate) const REMEDY: &str = "use mode=eager|script, and true|false for inference_mode, mkldnn, tf32, cudnn_benchmark, cudnn_deterministic, and with mode=script for freeze and optimize";

const MODE: &str = "mode";
const INFERENCE: &str = "inference_mode";
const MKLDNN: &str = "mkldnn";
const TF32: &str = "tf32";
const BENCHMARK: &str = "cudnn_benchmark";
const DETERMINISTIC: &str = "cudnn_deterministic";
const FREEZE: &str = "freeze";
const OPTIMIZE: &str = "optimize";

const KNOWN: [&str; 8] = [
    MODE,
    INFERENCE,
    MKLDNN,
    TF32,
    BENCHMARK,
    DETERMINISTIC,
    FREEZE,
    OPTIMIZE,
];

/// Options that change only what a GPU does.
const OF_A_GPU: [&str; 3] = [TF32, BENCHMARK, DETERMINISTIC];

/// How a model is executed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Operator by operator, each an ATen call.
    Eager,
    /// As TorchScript.
    Script(Preparation),
}

/// What is done to a TorchScript module at load.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Preparation {
    /// Parameters become constants.
    pub(crate) freeze: bool,
    /// And operators are fused and weights laid out for them; frozen modules only.
    pub(crate) optimize: bool,
}

/// The options in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Settings {
    pub(crate) mode: Mode,
    /// Inference mode, or else only no gradients.
    pub(crate) inference: bool,
    pub(crate) switches: Switches,
}

impl Settings {
    /// The options alone, wherever they are to hold.
    ///
    /// # Errors
    /// `Option`, where one is unknown, has another value, or does nothing in the mode.
    pub(crate) fn read(options: &Options) -> Result<Self, AdapterError> {
        check_options(NAME, options, &KNOWN)?;
        let flag = |key, default| flag(NAME, options, key, default);
        let is_script = choice(
            NAME,
            options,
            MODE,
            &[("eager", false), ("script", true)],
            false,
        )?;
        Ok(Self {
            mode: if is_script {
                Mode::Script(preparation(options)?)
            } else {
                refuse_preparation(options)?;
                Mode::Eager
            },
            inference: flag(INFERENCE, true)?,
            switches: Switches {
                mkldnn: flag(MKLDNN, true)?,
                tf32: flag(TF32, false)?,
                cudnn_benchmark: flag(BENCHMARK, false)?,
                cudnn_deterministic: flag(DETERMINISTIC, false)?,
            },
        })
    }

    /// The options for this cell: a precision of TF32 turns `tf32` on, a TorchScript file is executed as such.
    ///
    /// # Errors
    /// As [`Settings::read`], and where the cell leaves an option nothing to change or contradicts it.
    pub(crate) fn of(request: &LoadRequest) -> Result<Self, AdapterError> {
        let mut options = request.options.clone();
        if request.format == ModelFormat::TorchScript {
            let mode = options.entry(MODE.to_owned());
            mode.or_insert_with(|| "script".to_owned());
        }
        let mut settings = Self::read(&options)?;
        if request.device == Device::Cpu {
            refuse_gpu_options(&request.options)?;
            if request.precision == Some(Precision::Tf32) {
                return Err(AdapterError::Unsupported(
                    "libtorch computes in tf32 on a GPU only: ask for --device cuda:0, or leave --precision out"
                        .to_owned(),
                ));
            }
        }
        if request.format == ModelFormat::TorchScript && settings.mode == Mode::Eager {
            return Err(AdapterError::Unsupported(
                "libtorch executes a TorchScript file as TorchScript only: leave mode=eager out"
                    .to_owned(),
            ));
        }
        let asked = match request.precision {
            Some(Precision::Tf32) => true,
            Some(Precision::Fp32) => false,
            _ => return Ok(settings),
        };
        if request.options.contains_key(TF32) && settings.switches.tf32 != asked {
            let reason = "--precision says otherwise: give one of them";
            return Err(refused(&request.options, TF32, reason));
        }
        settings.switches.tf32 = asked;
        Ok(settings)
    }

    /// The library that runs, with every option in force.
    pub(crate) fn facts(self) -> RuntimeFacts {
        let Switches {
            mkldnn,
            tf32,
            cudnn_benchmark,
            cudnn_deterministic,
        } = self.switches;
        let mut flags = vec![
            (INFERENCE, self.inference),
            (MKLDNN, mkldnn),
            (TF32, tf32),
            (BENCHMARK, cudnn_benchmark),
            (DETERMINISTIC, cudnn_deterministic),
        ];
        let mode = match self.mode {
            Mode::Eager => "eager",
            Mode::Script(Preparation { freeze, optimize }) => {
                flags.extend([(FREEZE, freeze), (OPTIMIZE, optimize)]);
                "script"
            }
        };
        let flags = flags.into_iter().map(|(key, on)| (key, on.to_string()));
        let options = flags.chain([(MODE, mode.to_owned())]);
        RuntimeFacts {
            name: NAME.to_owned(),
            version: shim::version(),
            options: options
                .map(|(key, value)| (key.to_owned(), value))
                .collect(),
            ..RuntimeFacts::default()
        }
    }
}

fn preparation(options: &Options) -> Result<Preparation, AdapterError> {
    let freeze = flag(NAME, options, FREEZE, true)?;
    let mkldnn = flag(NAME, options, MKLDNN, true)?;
    let optimize = flag(NAME, options, OPTIMIZE, freeze && mkldnn)?;
    if optimize && !freeze {
        let reason = "only a frozen module is optimised: leave freeze=false out";
        return Err(refused(options, OPTIMIZE, reason));
    }
    if optimize && !mkldnn {
        let reason =
            "libtorch then lays weights out for oneDNN all the same: leave mkldnn=false out";
        return Err(refused(options, OPTIMIZE, reason));
    }
    Ok(Preparation { freeze, optimize })
}

fn refuse_preparation(options: &Options) -> Result<(), AdapterError> {
    match [FREEZE, OPTIMIZE]
        .iter()
        .find(|key| options.contains_key(**key))
    {
        None => Ok(()),
        Some(key) => Err(refused(
            options,
            key,
            "it prepares TorchScript: add mode=script",
        )),
    }
}

fn refuse_gpu_options(options: &Options) -> Result<(), AdapterError> {
    let on = |key: &&&str| options.get(**key).is_some_and(|value| value == "true");
    match OF_A_GPU.iter().find(on) {
        None => Ok(()),
        Some(key) => Err(refused(
            options,
            key,
            "it changes what a GPU does: ask for --device cuda:0",
        )),
    }
}

fn refused(options: &Options, key: &str, reason: &str) -> AdapterError {
    let value = options.get(key).map_or("", String::as_str);
    AdapterError::Option {
        adapter: NAME,
        option: format!("{key}={value}"),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests;
