"""A file of samples opens in NumPy as it is: fields, types and values are those that were written."""

import subprocess
import tempfile
from pathlib import Path

import numpy

ROOT = Path(__file__).resolve().parents[3]
FAILED = 2**64 - 1


def written(path: Path, count: int) -> numpy.ndarray:
    cargo = ["cargo", "run", "--quiet", "--locked", "--package", "tare-results"]
    subprocess.run([*cargo, "--example", "write_samples", "--", path, str(count)], cwd=ROOT, check=True)
    return numpy.load(path, allow_pickle=False)


def check(samples: numpy.ndarray, count: int) -> None:
    kinds = {name: samples.dtype[name].str for name in samples.dtype.names}
    assert kinds == {"issued": "<u8", "latency": "<u8", "skew": "<u4", "delay": "<u4"}, kinds
    assert samples.dtype.itemsize == 24 and samples.shape == (count,), samples.dtype
    n = numpy.arange(count, dtype=numpy.uint64)
    assert (samples["issued"] == n << numpy.uint64(32)).all()
    assert (samples["skew"] == n).all()
    assert (samples["delay"] == 2**32 - 1 - n.astype(numpy.int64)).all()
    failed = n % 10 == 9
    assert (samples["latency"] == numpy.where(failed, numpy.uint64(FAILED), n * n + 1)).all()


with tempfile.TemporaryDirectory() as folder:
    for count in (0, 1, 100_000):
        path = Path(folder) / f"{count}.npy"
        check(written(path, count), count)
        numpy.load(path, mmap_mode="r")
print("samples open in NumPy", numpy.__version__)
