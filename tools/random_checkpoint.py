"""Checkpoints of full size with random weights, written shard by shard."""

import json
import math

import torch
from safetensors.torch import save_file

SHARD_BYTES = 2 << 30


def pool_of_numbers():
    """Normal numbers that all tensors are cut from, so that billions of them take seconds."""
    return torch.randn(1 << 24, generator=torch.Generator().manual_seed(1))


def cut(pool, shape, start):
    """`shape` numbers of the pool, again and again from the place `start`."""
    size = math.prod(shape)
    numbers = pool[start % 9_973:]
    return numbers.repeat(-(-size // len(numbers)))[:size].reshape(shape)


def write_shards(out, shapes, values):
    """Writes `values(pool, name, shape, start)`, in bfloat16, for each of `shapes` into `out`, with an index.

    Returns the number of parameters and of shards.
    """
    pool = pool_of_numbers()
    weight_map, shard, size, count = {}, {}, 0, 0

    def flush():
        nonlocal shard, size, count
        count += 1
        file = f"model-{count:05}.safetensors"
        save_file(shard, out / file, metadata={"format": "pt"})
        weight_map.update({name: file for name in shard})
        shard, size = {}, 0

    for start, (name, shape) in enumerate(shapes.items()):
        shard[name] = values(pool, name, shape, 7 * start)
        size += 2 * math.prod(shape)
        if size > SHARD_BYTES:
            flush()
    flush()
    total = sum(math.prod(shape) for shape in shapes.values())
    index = {"metadata": {"total_size": 2 * total}, "weight_map": weight_map}
    (out / "model.safetensors.index.json").write_text(json.dumps(index, indent=1))
    return total, count
