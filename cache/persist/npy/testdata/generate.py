"""Writes the arrays that the tests read; see README.md."""

import numpy as np
from numpy.lib import format


def save(name, array, version=(1, 0)):
    with open(name + ".npy", "wb") as file:
        format.write_array(file, array, version=version)


numbers = np.arange(6).reshape(2, 3)
for kind in "i1 i2 i4 i8 u1 u2 u4 u8 f4 f8".split():
    for order in "<>" if kind[1] != "1" else "|":
        name = {"<": "little_", ">": "big_", "|": ""}[order] + kind
        save(name, (numbers + 1).astype(order + kind))
save("little_c8", (numbers + 1j).astype("<c8"))
save("big_c16", (numbers + 1j).astype(">c16"))
save("bool", numbers % 2 == 0)
save("fortran_f8", np.asfortranarray(np.arange(24.0).reshape(2, 3, 4)))
save("version2", np.arange(3.0), (2, 0))
save("version3", np.arange(3.0), (3, 0))
save("scalar", np.float64(2.5))
save("empty", np.zeros((3, 0)))
save("object", np.array([None, 1], dtype=object))
save("record", np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]))
save("text", np.array(["ab"]))
save("half", np.arange(3, dtype="<f2"))
save("time", np.array(["2026-01-01"], dtype="M8[s]"))
