"""Data-Juicer's operator classes as proxies to `lagar ops serve`: a pytest plugin.

Data-Juicer's own unit tests then run unmodified against lagar:

    PYTHONPATH=bench/parity LAGAR=target/debug/lagar python -m pytest -p lagar_ops TESTS/ops/filter

Every operator that lagar has is replaced in its module before a test file imports it; the base
classes, data sets and tests stay Data-Juicer's.
"""

import base64
import builtins
import importlib
import inspect
import json
import os
import pkgutil
import subprocess

import data_juicer.ops as ops
from data_juicer.core.data import NestedDataset
from data_juicer.ops import base_op

LAGAR = os.environ["LAGAR"]
KINDS = ["filter", "mapper", "deduplicator", "selector", "grouper"]


class Server:
    """One `lagar ops serve` per process: Data-Juicer forks, and forks must not share a pipe."""

    def __init__(self):
        self.process = None
        self.owner = None

    def call(self, **request):
        if self.owner != os.getpid():
            self.owner = os.getpid()
            self.process = subprocess.Popen(
                [LAGAR, "ops", "serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
            )
        self.process.stdin.write(json.dumps(request, default=str) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError("lagar ended")
        answer = json.loads(line)
        if "error" in answer:
            kind = getattr(builtins, answer["error"]["type"], RuntimeError)
            raise kind(answer["error"]["msg"])
        return answer


SERVER = Server()


def pack(value):
    """Bytes as the protocol has them; everything else as JSON has it."""
    if isinstance(value, (bytes, bytearray)):
        return {"__b64__": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, dict):
        return {key: pack(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [pack(one) for one in value]
    if hasattr(value, "item") and not isinstance(value, (str, int, float)):
        return value.item()
    return value


def unpack(value):
    if isinstance(value, dict):
        if list(value) == ["__b64__"]:
            return base64.b64decode(value["__b64__"])
        return {key: unpack(one) for key, one in value.items()}
    if isinstance(value, list):
        return [unpack(one) for one in value]
    return value


def rows_of(samples):
    keys = list(getattr(samples, "column_names", samples))
    count = len(samples[keys[0]]) if keys else 0
    return [{key: samples[key][row] for key in keys} for row in range(count)]


def samples_of(rows, like):
    keys = list(getattr(like, "column_names", like))
    for row in rows:
        keys += [key for key in row if key not in keys]
    return {key: [row.get(key) for row in rows] for key in keys}


class Proxy:
    """What all proxies have in common."""

    def __init__(self, *args, **kwargs):
        names = [name for name in inspect.signature(type(self)._original.__init__).parameters][1:]
        names = [name for name in names if name not in ("args", "kwargs")]
        own = pack(list(args[: len(names)]))
        self._init = {"method": "init", "op": type(self)._served, "args": own, "kwargs": pack(kwargs)}
        self._ids = {}
        self._here()
        for base in type(self).__mro__:
            if base in (base_op.Filter, base_op.Mapper, base_op.Deduplicator, base_op.Selector, base_op.Grouper):
                base.__init__(self, *args[len(names) :], **kwargs)
                break
        given = dict(zip(names, args)) | kwargs
        for name, value in given.items():
            if not hasattr(self, name):
                setattr(self, name, value)

    def _here(self):
        """The operator's number in this process's server."""
        if os.getpid() not in self._ids:
            self._ids[os.getpid()] = SERVER.call(**self._init)["id"]
        return self._ids[os.getpid()]

    def _ask(self, method, rows, **more):
        return unpack(SERVER.call(method=method, id=self._here(), rows=pack(rows), **more))


class FilterProxy(Proxy):
    def compute_stats_single(self, sample, context=False):
        return {**sample, **self._ask("compute_stats", [sample])["rows"][0]}

    def process_single(self, sample):
        return self._ask("process", [sample])["keep"][0]

    def compute_stats_batched(self, samples, context=False):
        before = rows_of(samples)
        after = self._ask("compute_stats", before)["rows"]
        return samples if after == before else samples_of(after, samples)

    def process_batched(self, samples):
        return self._ask("process", rows_of(samples))["keep"]


class MapperProxy(Proxy):
    def process_single(self, sample):
        return self._ask("process", [sample])["rows"][0]

    def process_batched(self, samples, *args, **kwargs):
        return samples_of(self._ask("process", rows_of(samples))["rows"], samples)


class DeduplicatorProxy(Proxy):
    def compute_hash(self, sample):
        return self._ask("compute_hash", [sample])["rows"][0]

    def process(self, dataset, show_num=0):
        if len(dataset) <= 1:
            return dataset, {}
        answer = self._ask("dataset_process", dataset.to_list(), show_num=show_num)
        pairs = {tuple(key) if isinstance(key, list) else key: rows for key, rows in answer["dup_pairs"]}
        return NestedDataset.from_list(answer["rows"]), pairs


class DatasetProxy(Proxy):
    def process(self, dataset):
        rows = dataset if isinstance(dataset, list) else dataset.to_list()
        answer = self._ask("dataset_process", rows)
        return answer["rows"]


class SelectorProxy(DatasetProxy):
    def process(self, dataset):
        rows = super().process(dataset)
        return NestedDataset.from_list(rows) if rows else dataset.select([])


class GrouperProxy(DatasetProxy):
    pass


PROXIES = {
    "filter": (FilterProxy, base_op.Filter),
    "mapper": (MapperProxy, base_op.Mapper),
    "deduplicator": (DeduplicatorProxy, base_op.Deduplicator),
    "selector": (SelectorProxy, base_op.Selector),
    "grouper": (GrouperProxy, base_op.Grouper),
}


def served():
    text = subprocess.run([LAGAR, "ops", "list", "--json"], capture_output=True, text=True, check=True).stdout
    return {one["name"]: one["kind"] for one in json.loads(text)}


def replace(name, kind):
    """Puts a proxy where the class is; `False` if Data-Juicer has no such operator."""
    original = base_op.OPERATORS.modules.get(name)
    if original is None:
        return False
    proxy, base = PROXIES[kind]
    batched = getattr(original, "_batched_op", False)
    made = type(
        original.__name__,
        (proxy, base),
        {
            "_original": original,
            "_served": name,
            "_batched_op": batched,
            "_name": name,
            "__doc__": original.__doc__,
            # Found again under this name when a data set pickles the operator for its fingerprint.
            "__module__": original.__module__,
        },
    )
    module = importlib.import_module(original.__module__)
    setattr(module, original.__name__, made)
    package = importlib.import_module(original.__module__.rsplit(".", 1)[0])
    if hasattr(package, original.__name__):
        setattr(package, original.__name__, made)
    base_op.OPERATORS.modules[name] = made
    return True


def install():
    for kind in KINDS:
        package = importlib.import_module(f"data_juicer.ops.{kind}")
        for module in pkgutil.iter_modules(package.__path__):
            try:
                importlib.import_module(f"{package.__name__}.{module.name}")
            except Exception:  # an operator that needs what is not installed is none of ours
                pass
    wanted = os.environ.get("LAGAR_OPS", "").split()
    for name, kind in served().items():
        if not wanted or name in wanted:
            replace(name, kind)


assert ops
install()
