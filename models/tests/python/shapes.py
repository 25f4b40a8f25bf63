"""Compares the types that tare infers with those of onnx.shape_inference, over the models that onnx carries as tests.

Run from the repository root with onnx and numpy installed: python models/tests/python/shapes.py [FOLDER...]
Each node test is taken twice: with its inputs fed, and with its small inputs as constants, so that shapes that an input
decides become known. Operator sets older than 9 are converted to 13, and 24 is read as 23. A type that differs from
onnx's but equals what the model itself declares counts as equal to the declaration: onnx 1.19's inference contradicts
two of its own cases (STFT without the attribute onesided). Exits with 1 where any other type differs.
"""

import collections
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import onnx
from onnx import TensorProto, numpy_helper, shape_inference, version_converter

ROOT = pathlib.Path(onnx.__file__).parent / "backend/test/data"
SMALL = 64


def model_files(folders):
    roots = [pathlib.Path(folder) for folder in folders]
    roots = roots or [ROOT / kind for kind in ("node", "simple", "pytorch-converted", "pytorch-operator", "light")]
    return sorted(path for root in roots for path in root.glob("**/*.onnx"))


def readable(path, target):
    """The model in an operator set that tare reads."""
    model = onnx.load(path)
    versions = [opset for opset in model.opset_import if opset.domain in ("", "ai.onnx")]
    try:
        if versions and versions[0].version < 9:
            model = version_converter.convert_version(model, 13)
    except Exception:  # the converter lacks some operators
        return path
    for opset in versions:
        opset.version = min(opset.version, 23)
    onnx.save(model, target)
    return target


def with_constants(path, feeds, target):
    """The node test with its small inputs as initialisers, or None where it has none."""
    model = onnx.load(path)
    fixed = set()
    for index, value in enumerate(model.graph.input):
        data = feeds / f"input_{index}.pb"
        if not value.type.HasField("tensor_type") or not data.exists():
            continue
        tensor = TensorProto.FromString(data.read_bytes())
        array = numpy_helper.to_array(tensor) if tensor.data_type != TensorProto.STRING else None
        if array is None or array.size > SMALL or (index == 0 and len(model.graph.input) > 1):
            continue
        tensor.name = value.name
        model.graph.initializer.append(tensor)
        fixed.add(value.name)
    if not fixed:
        return None
    kept = [value for value in model.graph.input if value.name not in fixed]
    del model.graph.input[:]
    model.graph.input.extend(kept)
    onnx.save(model, target)
    return target


def ours(paths):
    program = ["cargo", "run", "--quiet", "-p", "tare-models", "--example", "resolve_dump", "--"]
    program = [os.environ["TARE_RESOLVE_DUMP"]] if "TARE_RESOLVE_DUMP" in os.environ else program
    lines = []
    for start in range(0, len(paths), 500):
        command = program + [str(path) for path in paths[start : start + 500]]
        lines += subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    return [json.loads(line) for line in lines]


def theirs(path, inputs):
    """Type and shape of each value that onnx can tell, the inputs fixed to the same shapes."""
    model = onnx.load(path)
    for value in model.graph.input:
        if value.name in inputs and value.type.HasField("tensor_type"):
            del value.type.tensor_type.shape.dim[:]
            for size in inputs[value.name]:
                value.type.tensor_type.shape.dim.add().dim_value = size
    for value in list(model.graph.output) + list(model.graph.value_info):
        if value.type.HasField("tensor_type"):
            value.type.tensor_type.ClearField("shape")
    inferred = shape_inference.infer_shapes(model, check_type=False, strict_mode=False, data_prop=True)
    known = {}
    for value in list(inferred.graph.value_info) + list(inferred.graph.output):
        tensor = value.type.tensor_type
        if not value.type.HasField("tensor_type") or not tensor.HasField("shape"):
            continue
        dims = [dim.dim_value if dim.HasField("dim_value") else None for dim in tensor.shape.dim]
        if None not in dims:
            known[value.name] = [tensor.elem_type, dims]
    return known


def declared(path):
    """The types that the model declares of its outputs."""
    known = {}
    for value in onnx.load(path).graph.output:
        tensor = value.type.tensor_type
        known[value.name] = [tensor.elem_type, [dim.dim_value for dim in tensor.shape.dim]]
    return known


def compare(paths):
    counts = collections.Counter()
    for path, mine in zip(paths, ours(paths)):
        if "error" in mine:
            counts["refused: " + mine["error"].split(":")[0]] += 1
            print("refused", path.stem, mine["error"], file=sys.stderr)
            continue
        try:
            expected = theirs(path, mine["inputs"])
        except Exception as error:  # onnx refuses some of its own tests
            counts["onnx refuses"] += 1
            print("onnx refuses", path.stem, str(error)[:200], file=sys.stderr)
            continue
        counts["models"] += 1
        for name, known in expected.items():
            found = mine["types"].get(name)
            if found == known:
                counts["equal"] += 1
            elif found is None:
                counts["unresolved, known to onnx"] += 1
                print("unresolved", path.stem, name, known, mine["unresolved"].get(name), file=sys.stderr)
            elif found == declared(path).get(name):
                counts["equal to the declaration only"] += 1
            else:
                counts["different"] += 1
                print("DIFFERENT", path.stem, name, "onnx", known, "tare", found, file=sys.stderr)
        counts["known to tare only"] += len(set(mine["types"]) - set(expected) - set(mine["inputs"]))
        counts["unresolved"] += len(mine["unresolved"])
    return counts


def main():
    originals = model_files(sys.argv[1:])
    with tempfile.TemporaryDirectory() as folder:
        copies, baked = [], []
        for number, path in enumerate(originals):
            name = f"{number}_{path.parent.name}_{path.stem}"
            copy = readable(path, pathlib.Path(folder) / f"{name}.onnx")
            copies.append(copy)
            target = pathlib.Path(folder) / f"{name}_constant.onnx"
            feeds = path.parent / "test_data_set_0"
            if path.parent.parent.name == "node" and with_constants(copy, feeds, target):
                baked.append(target)
        total = compare(copies)
        print("as they are:", dict(total))
        constant = compare(baked)
        print("small inputs constant:", dict(constant))
    sys.exit(1 if total["different"] + constant["different"] else 0)


if __name__ == "__main__":
    main()
