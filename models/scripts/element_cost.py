"""What an element between operators costs in a small twin, with the arithmetic on it: two sizes of twin, their latencies apart.

For each model and framework: the latency of the twin at one rung less that at the next smaller, over how many elements more it
has; of larger twins an element costs less.
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

RUNGS = {"bert-tiny": ("2", "4"), "minilm-l6": ("2", "4"), "gpt2": ("2+distinct", "4+distinct"),
         "squeezebert": ("2", "16,2"), "vit-b-32": ("2", "4"),
         "resnet-18": ("16,2", "16,2+height+width"), "resnet-50": ("16,2", "16,2+height+width")}
SEQ = 16
IMAGES = ("resnet-", "vit-")
ROUNDS = 2


def tare(*arguments):
    done = subprocess.run([os.environ.get("TARE_BIN", "tare"), *arguments], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"tare {' '.join(arguments)}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def fastest(path, shape, adapter, store):
    run = ["--store", store, "run", "--model", path, "--adapter", adapter, *shape]
    brief = ["--no-tax", "--no-probes", "--no-checks", "--repeats", "3", "--duration", "50ms", "--format", "json"]
    return tare(*run, *brief)[0]["latency"]["min_ns"]


def main():
    adapters = sys.argv[1:] or ["rten", "onnxruntime"]
    with tempfile.TemporaryDirectory() as folder:
        for model, rungs in RUNGS.items():
            twins = []
            for rung in rungs:
                path = str(pathlib.Path(folder) / f"{model}-{rung}.onnx")
                of_words = not model.startswith(IMAGES)
                told = tare("model", "hollow", model, *(["--shape", f"seq={SEQ}"] if of_words else []), "--rung", rung,
                            "-o", path, "--format", "json")
                names = ["seq"] if of_words else ["height", "width"]
                sizes = told["inputs"][0]["shape"][-len(names):]
                shape = ["--shape", ",".join(f"{name}={size}" for name, size in zip(names, sizes))]
                twins.append((path, shape, told["elements_left"]))
            for adapter in adapters:
                times = [min(fastest(path, shape, adapter, folder) for _ in range(ROUNDS)) for path, shape, _ in twins]
                more = twins[1][2] - twins[0][2]
                print(f"{model:12} {adapter:12} {twins[0][2]:7} elements in {times[0] / 1e3:7.1f} µs, {twins[1][2]:7} in "
                      f"{times[1] / 1e3:7.1f} µs: {(times[1] - times[0]) / more:.2f} ns an element", flush=True)


if __name__ == "__main__":
    main()
