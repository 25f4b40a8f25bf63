"""Runs blocks of requests with onnxruntime's own Python package when asked to, one line of JSON each way."""

import json
import sys
import time

import numpy
import onnxruntime

CLOCKS = {"cpu": time.thread_time_ns, "wall": time.perf_counter_ns}
TYPES = {"f32": numpy.float32, "i64": numpy.int64}


def load(plan):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(plan["model"], options, providers=["CPUExecutionProvider"])
    room = [
        onnxruntime.OrtValue.ortvalue_from_shape_and_type(output["shape"], TYPES[output["dtype"]], "cpu", 0)
        for output in plan["outputs"]
    ]
    bindings = []
    for paths in plan["sets"]:
        binding = session.io_binding()
        for spec, path in zip(plan["inputs"], paths):
            array = numpy.fromfile(path, dtype=TYPES[spec["dtype"]]).reshape(spec["shape"])
            binding.bind_ortvalue_input(spec["name"], onnxruntime.OrtValue.ortvalue_from_numpy(array, "cpu", 0))
        for output, value in zip(plan["outputs"], room):
            binding.bind_ortvalue_output(output["name"], value)
        bindings.append(binding)
    return session, bindings


def block(session, bindings, requests, clock):
    run = session.run_with_iobinding
    latencies = []
    for index in range(requests):
        binding = bindings[index % len(bindings)]
        start = clock()
        run(binding)
        latencies.append(clock() - start)
    return latencies


def answer(value):
    print(json.dumps(value), flush=True)


def main():
    answer(onnxruntime.__version__)
    session, bindings = None, None
    for line in sys.stdin:
        asked = json.loads(line)
        if "load" in asked:
            session, bindings = None, None
            session, bindings = load(asked["load"])
            answer("loaded")
        else:
            answer(block(session, bindings, asked["requests"], CLOCKS[asked["clock"]]))


main()
