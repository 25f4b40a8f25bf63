"""The same models written as PyTorch modules; one JSON request a line on stdin, one answer a line on stdout."""

import gc
import json
import struct
import sys
import time

import torch
import torch.nn.functional as F
from torch import nn

DTYPES = {"F32": torch.float32, "I64": torch.int64}


def read(path):
    """The tensors of a safetensors file."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = (8 + length + offset for offset in entry["data_offsets"])
        tensor = torch.frombuffer(bytearray(data[start:end]), dtype=DTYPES[entry["dtype"]])
        tensors[name] = tensor.reshape(entry["shape"])
    return tensors


class Attention(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.heads, self.width = heads, hidden // heads
        self.query = nn.Linear(hidden, hidden)
        self.key = nn.Linear(hidden, hidden)
        self.value = nn.Linear(hidden, hidden)
        self.dense = nn.Linear(hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, mask):
        batch, seq, hidden = x.shape
        split = (batch, seq, self.heads, self.width)
        q = self.query(x).view(split).transpose(1, 2)
        k = self.key(x).view(split).transpose(1, 2)
        v = self.value(x).view(split).transpose(1, 2)
        context = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        context = context.transpose(1, 2).reshape(batch, seq, hidden)
        return self.norm(self.dense(context) + x)


class Layer(nn.Module):
    def __init__(self, hidden, heads):
        super().__init__()
        self.attention = Attention(hidden, heads)
        self.inner = nn.Linear(hidden, 4 * hidden)
        self.outer = nn.Linear(4 * hidden, hidden)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)

    def forward(self, x, mask):
        x = self.attention(x, mask)
        return self.norm(self.outer(F.gelu(self.inner(x))) + x)


class Bert(nn.Module):
    def __init__(self, layers, hidden, heads, vocab=30522, positions=512):
        super().__init__()
        self.words = nn.Embedding(vocab, hidden)
        self.types = nn.Embedding(2, hidden)
        self.positions = nn.Embedding(positions, hidden)
        self.register_buffer("position_ids", torch.arange(positions).expand(1, -1), persistent=False)
        self.norm = nn.LayerNorm(hidden, eps=1e-12)
        self.layers = nn.ModuleList(Layer(hidden, heads) for _ in range(layers))
        self.pooler = nn.Linear(hidden, hidden)

    def forward(self, input_ids, attention_mask, token_type_ids):
        mask = attention_mask[:, None, None, :].to(torch.float32)
        mask = (1.0 - mask) * -10000.0
        positions = self.position_ids[:, : input_ids.shape[1]]
        x = self.words(input_ids) + self.types(token_type_ids) + self.positions(positions)
        x = self.norm(x)
        for layer in self.layers:
            x = layer(x, mask)
        return x, torch.tanh(self.pooler(x[:, 0]))


def bert_names(layers):
    names = {
        "words.weight": "embeddings.word_embeddings.weight",
        "types.weight": "embeddings.token_type_embeddings.weight",
        "positions.weight": "embeddings.position_embeddings.weight",
    }
    both = {"norm": "embeddings.LayerNorm", "pooler": "pooler.dense"}
    for index in range(layers):
        ours, theirs = f"layers.{index}", f"encoder.layer.{index}"
        for part in ("query", "key", "value"):
            both[f"{ours}.attention.{part}"] = f"{theirs}.attention.self.{part}"
        both[f"{ours}.attention.dense"] = f"{theirs}.attention.output.dense"
        both[f"{ours}.attention.norm"] = f"{theirs}.attention.output.LayerNorm"
        both[f"{ours}.inner"] = f"{theirs}.intermediate.dense"
        both[f"{ours}.outer"] = f"{theirs}.output.dense"
        both[f"{ours}.norm"] = f"{theirs}.output.LayerNorm"
    for ours, theirs in both.items():
        for part in ("weight", "bias"):
            names[f"{ours}.{part}"] = f"{theirs}.{part}"
    return names


class Block(nn.Module):
    def __init__(self, come, go, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(come, go, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(go)
        self.conv2 = nn.Conv2d(go, go, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(go)
        self.relu = nn.ReLU(inplace=True)
        self.downsample = None
        if stride != 1 or come != go:
            self.downsample = nn.Sequential(nn.Conv2d(come, go, 1, stride, bias=False), nn.BatchNorm2d(go))

    def forward(self, x):
        y = self.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += x if self.downsample is None else self.downsample(x)
        return self.relu(y)


class ResNet18(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 64, 7, 2, 3, bias=False)
        self.bn1 = nn.BatchNorm2d(64)
        self.relu = nn.ReLU(inplace=True)
        self.maxpool = nn.MaxPool2d(3, 2, 1)
        widths = [64, 64, 128, 256, 512]
        for stage, (come, go) in enumerate(zip(widths, widths[1:]), 1):
            stride = 1 if stage == 1 else 2
            setattr(self, f"layer{stage}", nn.Sequential(Block(come, go, stride), Block(go, go, 1)))
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(512, 1000)

    def forward(self, x):
        x = self.maxpool(self.relu(self.bn1(self.conv1(x))))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        return (self.fc(torch.flatten(self.avgpool(x), 1)),)


def module(request):
    """The module without its weights, and what the weights of a Bert are called in the file."""
    if request["architecture"] == "resnet-18":
        return ResNet18(), {}
    layers, hidden, heads = request["sizes"]
    return Bert(layers, hidden, heads), bert_names(layers)


def build(request):
    weights = read(request["weights"])
    model, names = module(request)
    state = model.state_dict()
    for name, parameter in state.items():
        if name.endswith("num_batches_tracked"):
            continue
        given = weights[names.get(name, name)]
        # A file's products of activations with weights have those weights transposed.
        fits = given.shape == parameter.shape and not given_as_product(name, names)
        parameter.copy_(given if fits else given.t())
    return model.eval()


def given_as_product(name, names):
    return bool(names) and name.endswith("weight") and any(
        part in name for part in (".query.", ".key.", ".value.", ".dense.", ".inner.", ".outer.")
    )


def read_pool(path):
    tensors = read(path)
    pool = []
    while f"{len(pool)}.0" in tensors:
        index = len(pool)
        count = sum(name.startswith(f"{index}.") for name in tensors)
        pool.append([tensors[f"{index}.{place}"] for place in range(count)])
    return pool


def save(load, state, path):
    """Writes the model as PyTorch's users keep it: its state dict, and its trace."""
    model = build(load)
    torch.save(model.state_dict(), state)
    with torch.inference_mode(False), torch.no_grad():
        torch.jit.save(torch.jit.trace(model, tuple(read_pool(load["inputs"])[0])), path)


def status(field):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(field))


def opened(load, requests):
    """What loading a file of PyTorch's own took, and how far resident memory rose, a few requests included."""
    inputs = read_pool(load["inputs"])[0]
    gc.collect()
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = status("VmRSS:")
    cpu, wall = time.thread_time_ns(), time.perf_counter_ns()
    if load["mode"] == "script":
        with torch.inference_mode(False), torch.no_grad():
            model = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.load(load["file"])))
    else:
        with torch.device("meta"):
            model, _ = module(load)
        model.load_state_dict(torch.load(load["file"]), assign=True)
        model.position_ids = torch.arange(model.position_ids.shape[1]).expand(1, -1)
        model.eval()
    cpu, wall = time.thread_time_ns() - cpu, time.perf_counter_ns() - wall
    for _ in range(requests):
        model(*inputs)
    return {"cpu_ns": cpu, "wall_ns": wall, "grown_kib": status("VmHWM:") - before}


class Side:
    """A model with its pool of inputs."""

    def __init__(self, request):
        self.pool = read_pool(request["inputs"])
        self.model = build(request)
        if request["mode"] == "script":
            with torch.inference_mode(False), torch.no_grad():
                traced = torch.jit.trace(self.model, tuple(self.pool[0]))
                self.model = torch.jit.optimize_for_inference(torch.jit.freeze(traced))

    def outputs(self):
        return [output.flatten().tolist() for output in self.model(*self.pool[0])]

    def times(self, clock, requests):
        times, pool, model = [], self.pool, self.model
        for index in range(requests):
            inputs = pool[index % len(pool)]
            start = clock()
            outputs = model(*inputs)
            times.append(clock() - start)
        return times


def main():
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    clocks = {"cpu": time.thread_time_ns, "wall": time.perf_counter_ns}
    side = None
    print(json.dumps({"version": torch.__version__.split("+")[0]}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        with torch.inference_mode():
            if "load" in request:
                side = None
                gc.collect()
                side = Side(request["load"])
                answer = {"outputs": side.outputs()}
            elif "save" in request:
                save(request["save"], request["state"], request["module"])
                answer = {}
            elif "open" in request:
                answer = opened(request["open"], request["requests"])
            else:
                answer = {"times": side.times(clocks[request["clock"]], request["requests"])}
        print(json.dumps(answer), flush=True)


main()
