//! What options that several commands take say of themselves, once.

/// The help of an option, as a literal, so that a command can go on with words of its own.
macro_rules! help {
    (model) => {
        "A zoo model by name, an ONNX file, or a TorchScript file"
    };
    (adapter) => {
        "name[@version][:key=value,…], such as rten, onnxruntime@1.31.1:opt=basic or libtorch:mode=script"
    };
    (input) => {
        "An argument of a TorchScript file's forward, such as 'x=f32[batch,3,224,224]'; repeat it for each, in their order"
    };
    (scenario) => {
        "name[:key=value,…], such as single-stream, offline:samples=512 or 'server:rate=1000,slo=p99<20ms'; \
         tare scenario list tells them, tare scenario show NAME the options of one"
    };
    (batch) => {
        "Samples a request carries"
    };
    (shape) => {
        "Sizes of the model's free dimensions, such as seq=128"
    };
    (precision) => {
        "Arithmetic other than the file's: fp32, fp16, bf16, tf32, int8"
    };
    (device) => {
        "Where operators execute: cpu or cuda:0"
    };
    (threads) => {
        "Threads that may execute operators"
    };
    (deadline) => {
        "How long one worker may take"
    };
    (memory_limit) => {
        "Resident memory one worker may take"
    };
}

pub(super) use help;
