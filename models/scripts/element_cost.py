"""What an element between operators costs in a twin, with the arithmetic on it: two sizes of twin, their latencies apart.

For each model and framework: the latency of the twin at rung 16,16 less that at rung 2, over how many elements more it has.
The fastest of all requests count, so that others on the machine weigh little. This is what the bound of the residual work by
elements rests on (report/src/split/residual.rs).

usage: element_cost.py [ADAPTER...]    TARE_BIN names the program; rten and onnxruntime where no adapter is named.
"""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

MODELS = ["bert-tiny", "minilm-l6", "mobilebert", "squeezebert"]
RUNGS = ["2", "16,16"]
SEQ = 16
ROUNDS = 2


def tare(*arguments):
    done = subprocess.run([os.environ.get("TARE_BIN", "tare"), *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tare {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def fastest(path, seq, adapter, store):
    run = ["--store", store, "run", "--model", path, "--adapter", adapter, "--shape", f"seq={seq}"]
    brief = ["--no-tax", "--no-probes", "--no-checks", "--repeats", "3", "--duration", "50ms", "--format", "json"]
    return tare(*run, *brief)[0]["latency"]["min_ns"]


def main():
    adapters = sys.argv[1:] or ["rten", "onnxruntime"]
    with tempfile.TemporaryDirectory() as folder:
        for model in MODELS:
            twins = []
            for rung in RUNGS:
                path = str(pathlib.Path(folder) / f"{model}-{rung}.onnx")
                told = tare("model", "hollow", model, "--shape", f"seq={SEQ}", "--rung", rung, "-o", path,
                            "--format", "json")
                twins.append((path, told["inputs"][0]["shape"][1], told["elements_left"]))
            for adapter in adapters:
                times = [min(fastest(path, seq, adapter, folder) for _ in range(ROUNDS)) for path, seq, _ in twins]
                more = twins[1][2] - twins[0][2]
                print(f"{model:12} {adapter:12} {twins[0][2]:7} elements in {times[0] / 1e3:7.1f} µs, {twins[1][2]:7} in "
                      f"{times[1] / 1e3:7.1f} µs: {(times[1] - times[0]) / more:.2f} ns an element", flush=True)


if __name__ == "__main__":
    main()
