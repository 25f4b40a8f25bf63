"""Makes the hollow twin of models and compares the operators that ONNX Runtime executes.

For each model the rungs are climbed until its twin executes, after ONNX Runtime's own fusion, the operators that the
model executes; each twin passes ONNX's checker. Prints one line a model: operators executed, the rung, what is left of
FLOPs and elements, both latencies (one thread, lower quartile), the residual work, and how long the twin took to make.
The residual is the share of the twin's latency that may be the model's own work, as `tare` counts it: the larger of what
its operations may take, h / (1 - h) times what the model takes longer, with h the share of FLOPs that is left, and of what
its elements may take, the same by e, their share, and below a tenth at most 2 ns each, or 1.1 where most operators are
convolutions (models/scripts/element_cost.py).
Exits with 1 where a model has no twin with the same operators, where one took 5 s or more to make, or where the residual of
a zoo model is 5% or more; for the models in EXCEPTED it is 10% by operations alone: their convolutions want blocks of 16
channels, a smaller twin executes other operators.

usage: check_hollow.py [--all] [NAME|FILE|FOLDER...]
NAME is a model of the zoo. Without one, small zoo models and the exported files in tests/fixtures/hollow are taken; with
--all every zoo model. `models/scripts/exports.py FOLDER` writes 35 larger kinds of export. TARE_BIN names the program.
"""

import argparse
import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import numpy
import onnx
import onnxruntime

RUNGS = ["2", "2+distinct", "16,2", "16,2+height", "16,2+height+width", "16,16", "16,2+tied"]
RUNS = 3
MOST_SECONDS = 5
MOST_RESIDUAL = 0.05
EXCEPTED = ("resnet-", "wide-resnet-")
MOST_OF_EXCEPTED = 0.1
NS_AN_ELEMENT, NS_WITH_CONVOLUTIONS = 2.0, 1.1
MUCH = 0.1
HALF = 0.5
QUICK = ["mlp", "bert-tiny", "minilm-l6", "resnet-18"]
FIXTURES = str(pathlib.Path(__file__).parents[1] / "fixtures/hollow")
TYPES = {"tensor(float)": numpy.float32, "tensor(int64)": numpy.int64, "tensor(int32)": numpy.int32,
         "tensor(bool)": numpy.bool_, "tensor(float16)": numpy.float16}


def session(path, profile=None):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    if profile:
        options.enable_profiling = True
        options.profile_file_prefix = str(profile)
    return onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def feeds(model, shapes):
    """Inputs of these shapes: masks of ones, other whole numbers zero, normal numbers from a seed."""
    random = numpy.random.default_rng(0)
    given = {}
    for value in model.get_inputs():
        kind, shape = TYPES[value.type], shapes[value.name]
        if numpy.issubdtype(kind, numpy.floating):
            given[value.name] = random.standard_normal(shape).astype(kind)
        else:
            given[value.name] = numpy.full(shape, int("mask" in value.name), kind)
    return given


def executed(path, shapes):
    """Operators of one execution by kind, from ONNX Runtime's profile."""
    with tempfile.TemporaryDirectory() as folder:
        model = session(path, pathlib.Path(folder) / "profile")
        given = feeds(model, shapes)
        for _ in range(RUNS):
            model.run(None, given)
        events = json.loads(pathlib.Path(model.end_profiling()).read_text())
    kernels = [event for event in events if event["cat"] == "Node" and event["name"].endswith("_kernel_time")]
    counts = collections.Counter(event["args"]["op_name"] for event in kernels)
    return {kind: count // RUNS for kind, count in counts.items()}


def latency(path, shapes, seconds=0.3):
    """Lower quartile in microseconds."""
    model = session(path)
    given = feeds(model, shapes)
    model.run(None, given)
    taken, begin = [], time.time()
    while time.time() - begin < seconds or len(taken) < 5:
        before = time.perf_counter_ns()
        model.run(None, given)
        taken.append(time.perf_counter_ns() - before)
    return sorted(taken)[len(taken) // 4] / 1e3


def tare(*arguments):
    program = os.environ.get("TARE_BIN", "tare")
    return subprocess.run([program, "model", *map(str, arguments)], capture_output=True, text=True)


def inputs_of(model):
    loaded = onnx.load(model, load_external_data=False)
    constants = {tensor.name for tensor in loaded.graph.initializer}
    return [value for value in loaded.graph.input if value.name not in constants]


def sizes_of(model):
    """The sizes to bind of an exported file."""
    dims = {dim.dim_param for value in inputs_of(model) for dim in value.type.tensor_type.shape.dim}
    return {"seq": 16} if "seq" in dims else {}


def shapes_of(model, sizes):
    """The shapes of a model's inputs as `tare` binds them."""
    shapes = {}
    for value in inputs_of(model):
        dims = value.type.tensor_type.shape.dim
        shapes[value.name] = [dim.dim_value or sizes.get(dim.dim_param, 1) for dim in dims]
    return shapes


def twin(model, sizes, rung, path):
    """Writes a twin: what `tare` says of it, or None and why there is none."""
    rest = ",".join(f"{symbol}={size}" for symbol, size in sizes.items() if symbol != "batch")
    options = ["--shape", rest] if rest else []
    before = time.time()
    made = tare("hollow", model, "-o", path, "--rung", rung, "--format", "json", *options)
    if made.returncode:
        return None, made.stderr.strip()
    return json.loads(made.stdout) | {"made": time.time() - before}, None


def differing(original, hollow):
    kinds = sorted(set(original) | set(hollow))
    return {kind: (original.get(kind, 0), hollow.get(kind, 0)) for kind in kinds
            if original.get(kind, 0) != hollow.get(kind, 0)}


def residual(facts, operators, original, hollow):
    """The shares of a twin's latency that may be work by operations and by elements; None where what is left is not known."""
    def part(share):
        return share / (1 - share) * max(original - hollow, 0) if share <= HALF else hollow

    operations, elements = facts["hollowness"], facts["elements_ratio"]
    by_operations = None if operations is None else min(part(operations) / hollow, 1)
    convolutions = sum(count for kind, count in operators.items() if "conv" in kind.lower())
    cost = NS_WITH_CONVOLUTIONS if 2 * convolutions > sum(operators.values()) else NS_AN_ELEMENT
    slowest = facts["elements_left"] * cost / 1e3 if elements is not None and elements < MUCH else float("inf")
    by_elements = None if elements is None else min(part(elements) / hollow, slowest / hollow, 1)
    return by_operations, by_elements


def broken(name, made, left, is_zoo):
    """The promises that the twin of `name` breaks, made in so many seconds and with these residuals."""
    late = [f"made in {made:.1f} s, where {MOST_SECONDS} s is the bound"] if made >= MOST_SECONDS else []
    bound = MOST_OF_EXCEPTED if name.startswith(EXCEPTED) else MOST_RESIDUAL
    counted = left[:1] if name.startswith(EXCEPTED) else left
    most = max((share for share in counted if share is not None), default=1)
    full = [f"a residual of {most:.1%} of the tax, where {bound:.0%} is the bound"]
    return late + (full if is_zoo and most >= bound else [])


def compare(name, model, sizes, folder, is_zoo):
    """Prints a model's line; what of it is not as promised."""
    shapes = shapes_of(model, sizes)
    operators = executed(model, shapes)
    path, why = folder / "twin.onnx", "no rung"
    for rung in RUNGS:
        facts, why = twin(model, sizes, rung, path)
        if facts is None:
            print(f"{name:24} rung {rung}: {why}", flush=True)
            continue
        onnx.checker.check_model(str(path), full_check=False)
        small = {value["name"]: value["shape"] for value in facts["inputs"]}
        try:
            differs = differing(operators, executed(path, small))
        except Exception as error:  # a twin that does not run is a finding
            differs = {"error": str(error)[:200]}
        if not differs:
            break
        print(f"{name:24} rung {rung} differs: {differs}", flush=True)
    else:
        return [f"no rung executes its operators ({why or 'they differ'})"]
    share = " ".join(f"{key} 1/{1 / facts[key]:,.0f}" for key in ("hollowness", "elements_ratio") if facts[key])
    taken = latency(model, shapes), latency(path, small)
    left = residual(facts, operators, *taken)
    told = ", ".join(f"{'not known' if share is None else f'{share:.2%}'} by {what}"
                     for share, what in zip(left, ("operations", "elements")))
    print(f"{name:24} {sum(operators.values()):5} operators  rung {rung:12} {share:44} {taken[0]:9.0f} µs -> "
          f"{taken[1]:6.0f} µs  residual {told}  made in {facts['made']:.1f} s, {path.stat().st_size // 1024} KB  "
          f"{'; '.join(facts['doubts'])}", flush=True)
    return broken(name, facts["made"], left, is_zoo)


def zoo():
    return {entry["name"]: entry["symbols"] for entry in json.loads(tare("list", "--format", "json").stdout)}


def files(names):
    """The zoo models and files that `names` mean."""
    for name in names:
        path = pathlib.Path(name)
        yield from sorted(path.glob("*.onnx")) if path.is_dir() else [path if path.exists() else name]


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--all", action="store_true")
    options.add_argument("names", nargs="*")
    options = options.parse_args()
    entries = zoo()
    names = options.names or [*(entries if options.all else QUICK), FIXTURES]
    failed, models = [], list(files(names))
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for model in models:
            name, path = str(model), model
            if isinstance(model, str):
                path = folder / "model.onnx"
                tare("make", model, "-o", path)
                sizes = {symbol: size for symbol, size in entries[model].items() if symbol != "batch"}
            else:
                name, sizes = model.stem, sizes_of(model)
            for promise in compare(name, str(path), sizes, folder, isinstance(model, str)):
                failed.append(f"{name}: {promise}")
    print(f"{len(models)} models, {len(failed)} broken promises", *failed, sep="\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
