"""Measures with joblib what the Go program that embeds this measures with labbook.

    python3 joblib.py FOLDER ROUNDS DUMP_MB ENTRIES ROW

Prints a JSON object: the row, the median in seconds, and of compressed
dumps the size of the file. FOLDER is empty and may be filled.
"""

import json
import os
import statistics
import sys
import time
import warnings

import joblib
import numpy

warnings.simplefilter("ignore")

folder, rounds, dump_mb, entries = sys.argv[1], *map(int, sys.argv[2:5])
row = sys.argv[5]

ROUND_TIME = 0.02
folders = 0


def fresh():
    """Makes a folder that nothing was ever deleted from."""
    global folders
    folders += 1
    path = os.path.join(folder, str(folders))
    os.mkdir(path)
    return path


def measure(job):
    """Returns the median time of a job, after warming up."""
    repeats = 1
    while True:
        took = times(job, repeats)
        if took >= ROUND_TIME:
            break
        repeats *= 2
    return statistics.median(times(job, repeats) / repeats for _ in range(rounds))


def times(job, repeats):
    begun = time.perf_counter()
    for _ in range(repeats):
        job()
    return time.perf_counter() - begun


class Settings:
    def __init__(self):
        self.c, self.seed, self.name = 1.5, 42, "abc"


def increment(x):
    return x + 1


def zeros(n):
    return numpy.zeros(n)


def digest(value):
    return measure(lambda: joblib.hash(value))


def cached(function=increment, **options):
    return joblib.Memory(fresh(), verbose=0, **options).cache(function)


def hit():
    f = cached()
    f(1)
    return measure(lambda: f(1))


def fill(f, n):
    """Copies the entry that f has until there are n."""
    f(1)
    entry = next(path for path, _, files in os.walk(f.store_backend.location) if "output.pkl" in files)
    content = {}
    for name in os.listdir(entry):
        with open(os.path.join(entry, name), "rb") as file:
            content[name] = file.read()
    for i in range(1, n):
        key = i * 0x9E3779B97F4A7C15F39CC0605CEDC834 % 2**128
        path = os.path.join(os.path.dirname(entry), "%032x" % key)
        os.mkdir(path)
        for name, data in content.items():
            with open(os.path.join(path, name), "wb") as file:
                file.write(data)


def hit_full():
    f = cached()
    fill(f, entries)
    return measure(lambda: f(1))


def contains():
    f = cached()
    f(1)
    return measure(lambda: f.check_call_in_cache(1))


def miss():
    f = cached()
    arguments = iter(range(1 << 40))
    f(next(arguments))
    return measure(lambda: f(next(arguments)))


def hit_mapped():
    f = cached(zeros, mmap_mode="r")
    f(10_000_000)
    return measure(lambda: f(10_000_000))


def evict(share):
    """The time of a pass that deletes this share of a full cache, once."""
    path = fresh()
    memory = joblib.Memory(path, verbose=0)
    f = memory.cache(increment)
    fill(f, entries)
    total = sum(item.size for item in f.store_backend.get_items())
    limit = int(total * (1 - share)) + 1
    begun = time.perf_counter()
    try:
        memory.reduce_size(bytes_limit=limit)
    except TypeError:  # before joblib 1.3
        memory.bytes_limit = limit
        memory.reduce_size()
    return time.perf_counter() - begun


def dump():
    x, path = numpy.arange(dump_mb * 125_000, dtype=float), os.path.join(fresh(), "x")
    return measure(lambda: joblib.dump(x, path))


def load(**options):
    x, path = numpy.arange(dump_mb * 125_000, dtype=float), os.path.join(fresh(), "x")
    joblib.dump(x, path)
    return measure(lambda: joblib.load(path, **options))


def integers():
    i = numpy.arange(12_500_000, dtype=numpy.int64)
    return i + i * 2654435761 % 1000


def dump_compressed():
    x, path = integers(), os.path.join(fresh(), "x")
    begun = time.perf_counter()
    joblib.dump(x, path, compress=("zlib", 3))
    return time.perf_counter() - begun, os.path.getsize(path)


JOBS = {
    "digest-floats": lambda: digest(numpy.arange(12_500_000, dtype=float)),
    "digest-tuple": lambda: digest((1, 2.5, "abc")),
    "digest-struct": lambda: digest(Settings()),
    "digest-ints": lambda: digest(list(range(10_000))),
    "digest-map": lambda: digest({"key%d" % i: "value%d" % i for i in range(1000)}),
    "hit": hit,
    "hit-full": hit_full,
    "contains": contains,
    "miss": miss,
    "hit-mapped": hit_mapped,
    "pass": lambda: evict(0),
    "evict": lambda: evict(0.1),
    "dump": dump,
    "load": load,
    "map": lambda: load(mmap_mode="r"),
    "dump-compressed": dump_compressed,
}

got = JOBS[row]()
seconds, size = got if isinstance(got, tuple) else (got, 0)
print(json.dumps({"row": row, "seconds": seconds, "bytes": size}))
