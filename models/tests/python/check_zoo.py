"""Builds every zoo model and its hollow twin and reads them with other people's packages.

Each file passes ONNX's checker with shape inference, runs in ONNX Runtime with finite outputs of sane spread, has no
denormal weights or activations, and counts the documented parameters; its twin executes the same operators. Small
files also give the same outputs in ONNX's reference evaluator.

usage: check_zoo.py [--quick] [NAME...]     (--quick leaves out what has over 30 million parameters)
TARE_BIN names the program that makes the files; without it the example `make_zoo` is built and used.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy
import onnx
import onnxruntime
from onnx import numpy_helper
from onnx.reference import ReferenceEvaluator

PARAMETERS = {
    "mlp": 1_050_624,
    "bert-tiny": 4_385_920,
    "bert-mini": 11_170_560,
    "bert-small": 28_763_648,
    "bert-medium": 41_373_184,
    "bert-base": 109_482_240,
    "distilbert": 66_362_880,
    "albert-base-v2": 11_683_584,
    "mobilebert": 24_581_888,
    "squeezebert": 51_094_272,
    "minilm-l6": 22_713_216,
    "gpt2": 124_439_808,
    "resnet-18": 11_689_512,
    "resnet-50": 25_557_032,
    "resnet-101": 44_549_160,
    "resnet-152": 60_192_808,
    "wide-resnet-50-2": 68_883_240,
    "vit-b-32": 88_224_232,
}
REFERENCE_TOO = {"mlp", "bert-tiny", "minilm-l6", "albert-base-v2", "resnet-18"}
QUICK_LIMIT = 30_000_000
FULL = {"batch": 2, "seq": 16, "height": 224, "width": 224, "words": 30_000}
SHORT = {"batch": 1, "seq": 1, "height": 33, "width": 40}
HOLLOW = {"batch": 2, "seq": 2, "height": 2, "width": 2}
LARGEST_ACTIVATION = 20_000.0
SMALLEST_NORMAL = numpy.finfo(numpy.float32).tiny


class Failure(Exception):
    """A claim about a model that does not hold."""


def claim(holds, what):
    if not holds:
        raise Failure(what)


def repository():
    return pathlib.Path(__file__).resolve().parents[3]


def maker():
    """The command that makes a model, before its name."""
    if "TARE_BIN" in os.environ:
        return [os.environ["TARE_BIN"], "model", "make"]
    build = ["cargo", "build", "--release", "--quiet", "-p", "tare-models", "--example", "make_zoo"]
    subprocess.run(build, cwd=repository(), check=True)
    target = os.environ.get("CARGO_TARGET_DIR", repository() / "target")
    return [str(pathlib.Path(target) / "release/examples/make_zoo")]


def make(command, name, path, hollow):
    options = ["--hollow"] if hollow else []
    done = subprocess.run([*command, name, "-o", path, *options], capture_output=True, text=True)
    claim(done.returncode == 0, f"not made: {done.stderr.strip()}")


def inputs(session, sizes, seed):
    random = numpy.random.default_rng(seed)
    feeds = {}
    for slot in session.get_inputs():
        shape = [sizes.get(size, size) for size in slot.shape]
        if slot.type == "tensor(float)":
            feeds[slot.name] = random.uniform(-1.7, 1.7, shape).astype(numpy.float32)
        elif slot.name == "attention_mask":
            mask = numpy.ones(shape, numpy.int64)
            mask[-1, shape[1] // 2 + 1 :] = 0
            feeds[slot.name] = mask
        else:
            rows = sizes.get("words", 2) if slot.name == "input_ids" else 2
            feeds[slot.name] = random.integers(0, rows, shape)
    return feeds


def parameters(model):
    """Elements of floating initialisers of rank 1 and more, batch normalisation's statistics left out."""
    statistics = {name for node in model.graph.node if node.op_type == "BatchNormalization" for name in node.input[3:5]}
    sizes = [
        numpy.prod(tensor.dims, dtype=numpy.int64)
        for tensor in model.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT and tensor.dims and tensor.name not in statistics
    ]
    return int(sum(sizes))


def sane(what, values):
    if values.dtype != numpy.float32:
        return
    claim(numpy.isfinite(values).all(), f"{what} is not finite")
    size = numpy.abs(values)
    claim(not ((size > 0) & (size < SMALLEST_NORMAL)).any(), f"{what} has denormal numbers")
    claim(size.max(initial=0) < LARGEST_ACTIVATION, f"{what} reaches {size.max():g}")


def check_weights(model):
    digests = collections.Counter()
    for tensor in model.graph.initializer:
        values = numpy_helper.to_array(tensor)
        sane(tensor.name, values)
        if values.dtype == numpy.float32 and values.ndim:
            digests[values.tobytes()[:4096]] += 1
    claim(max(digests.values()) == 1, "two weights are equal")


def check_activations(model, sizes):
    """Runs without any optimisation and looks at what every node gives."""
    known = {output.name for output in model.graph.output}
    names = [name for node in model.graph.node for name in node.output if name not in known]
    model.graph.output.extend(onnx.ValueInfoProto(name=name) for name in names)
    options = onnxruntime.SessionOptions()
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
    session = onnxruntime.InferenceSession(model.SerializeToString(), options)
    for slot, values in zip(session.get_outputs(), session.run(None, inputs(session, sizes, 1))):
        sane(slot.name, values)
    del model.graph.output[len(known) :]


def run(path, sizes, folder):
    """Outputs at these sizes, and how often ONNX Runtime executed each operator after its own fusion."""
    options = onnxruntime.SessionOptions()
    options.enable_profiling = True
    options.profile_file_prefix = str(folder / "profile")
    session = onnxruntime.InferenceSession(path, options)
    feeds = inputs(session, sizes, 0)
    outputs = session.run(None, feeds)
    profile = pathlib.Path(session.end_profiling())
    events = json.loads(profile.read_text())
    profile.unlink()
    operators = collections.Counter(
        event["args"]["op_name"] for event in events if event.get("cat") == "Node" and event["name"].endswith("_kernel_time")
    )
    for slot, values in zip(session.get_outputs(), outputs):
        sane(slot.name, values)
    return session, feeds, outputs, operators


def check_spread(session, outputs):
    for slot, values in zip(session.get_outputs(), outputs):
        spread, across = values.std(), values.std(axis=0).mean()
        claim(0.05 < spread < 20, f"{slot.name} has a standard deviation of {spread:g}")
        claim(across > 0.004 * spread, f"{slot.name} hardly depends on the inputs: {across:g} of {spread:g}")


def check_reference(path, feeds, outputs):
    for ours, theirs in zip(outputs, ReferenceEvaluator(path).run(None, feeds)):
        claim(ours.shape == theirs.shape, f"the reference gives shape {theirs.shape}, not {ours.shape}")
        worst = numpy.abs(ours - theirs).max()
        claim(numpy.allclose(ours, theirs, rtol=1e-3, atol=1e-3), f"the reference differs by {worst:g}")


def check_file(command, name, hollow, folder):
    path = str(folder / "model.onnx")
    make(command, name, path, hollow)
    onnx.checker.check_model(path, full_check=True)
    sizes = HOLLOW if hollow else FULL
    session, feeds, outputs, operators = run(path, sizes, folder)
    if hollow or name in REFERENCE_TOO:
        check_reference(path, feeds, outputs)
    for slot, values in zip(session.get_outputs(), session.run(None, inputs(session, SHORT, 2))):
        sane(slot.name, values)
    model = onnx.load(path)
    check_weights(model)
    check_activations(model, sizes)
    if not hollow:
        counted = parameters(model)
        claim(counted == PARAMETERS[name], f"{counted} parameters, not {PARAMETERS[name]}")
        check_spread(session, outputs)
    return operators, pathlib.Path(path).stat().st_size


def check(command, name, folder):
    operators, size = check_file(command, name, False, folder)
    twin_operators, twin_size = check_file(command, name, True, folder)
    claim(operators == twin_operators, f"operators executed differ: {operators - twin_operators} became {twin_operators - operators}")
    return f"{PARAMETERS[name]} parameters, {size} bytes, twin {twin_size}; {sum(operators.values())} operators executed by both"


def main(arguments):
    quick = "--quick" in arguments
    named = [argument for argument in arguments if argument != "--quick"]
    names = named or [name for name, count in PARAMETERS.items() if not quick or count <= QUICK_LIMIT]
    command = maker()
    failed = 0
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            try:
                line = "ok      " + check(command, name, pathlib.Path(folder))
            except Exception as error:  # any exception is that model's failure, and the others still run
                failed += 1
                line = f"FAILED  {error}"
        print(f"{name:<17} {line}", flush=True)
    print(f"{len(names) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
