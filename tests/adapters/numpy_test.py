# SPDX-License-Identifier: MIT
"""NumPy's arrays, by their DLPack capsules, draw the tokens of the same values in plain memory: numpy_test runs it."""

import ctypes
import sys

import numpy

library = ctypes.CDLL(sys.argv[1])
library.draw_rows.restype = ctypes.c_bool
library.draw_rows.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
library.draw_row.restype = ctypes.c_int32
library.draw_row.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
library.draw_contiguous.restype = None
library.draw_contiguous.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t, ctypes.c_size_t, ctypes.c_void_p]
library.draw_contiguous_row.restype = ctypes.c_int32
library.draw_contiguous_row.argtypes = [ctypes.c_void_p, ctypes.c_size_t]

pointer_of = ctypes.pythonapi.PyCapsule_GetPointer
pointer_of.restype = ctypes.c_void_p
pointer_of.argtypes = [ctypes.py_object, ctypes.c_char_p]


class Tensor:
    """The DLManagedTensor of an array. The capsule keeps its name, so that it calls the deleter when it goes."""

    def __init__(self, array):
        self.capsule = array.__dlpack__()
        self._as_parameter_ = pointer_of(self.capsule, b"dltensor")


def drawn(array, dtype=numpy.int64, step=1):
    """What pluck draws from the array, in tokens of this type."""
    tokens = numpy.full(abs(step) * array.shape[0], -7, dtype)[::step]
    message = ctypes.create_string_buffer(300)
    if not library.draw_rows(Tensor(array), Tensor(tokens), message, len(message)):
        return message.value.decode()
    return tokens.tolist()


def expected(array):
    plain = numpy.ascontiguousarray(array)
    rows, vocab = plain.shape
    tokens = numpy.zeros(rows, numpy.int32)
    library.draw_contiguous(plain.ctypes.data, 8 * plain.itemsize, rows, vocab, tokens.ctypes.data)
    return tokens.tolist()


checks = 0


def check(got, wanted, what):
    global checks
    checks += 1
    if got != wanted:
        sys.exit(f"{what}: {got}, not {wanted}")


random = numpy.random.default_rng(1)
for dtype in numpy.float16, numpy.float32, numpy.float64:
    logits = (3 * random.standard_normal((6, 900))).astype(dtype)
    layouts = {
        "contiguous": logits,
        "transposed": numpy.asfortranarray(logits),
        "sliced": numpy.repeat(numpy.repeat(logits, 2, 0), 3, 1)[::2, 1::3],
        "backwards": logits[::-1, ::-1],
        "some rows": logits[1:5:3],
        "a row repeated": numpy.lib.stride_tricks.as_strided(logits[3], (4, 900), (0, logits.itemsize)),
        "no rows": logits[:0],
    }
    for name, array in layouts.items():
        for out in numpy.int32, numpy.int64:
            for step in 1, 2, -1, -3:
                check(drawn(array, out, step), expected(array), f"{dtype.__name__}, {name}, {out.__name__}, {step}")
    check(len(set(expected(logits))) > 2, True, "rows that differ")

row = numpy.float32(2) * random.standard_normal(900, numpy.float32)
message = ctypes.create_string_buffer(300)
for one in row, row[None], numpy.ascontiguousarray(row[::-1])[::-1]:
    check(library.draw_row(Tensor(one), message, len(message)),
          library.draw_contiguous_row(row.ctypes.data, 900), "a row")

refused = "pluck::dlpack: the tensor's "
check(drawn(numpy.zeros((2, 3), numpy.int64)),
      refused + "dtype must be float16, bfloat16, float32 or float64, got int64", "integers")
check(drawn(numpy.zeros((2, 3), numpy.complex64)),
      refused + "dtype must be float16, bfloat16, float32 or float64, got complex64", "complex numbers")
check(drawn(numpy.zeros((2, 3), bool)),
      refused + "dtype must be float16, bfloat16, float32 or float64, got bool", "truth values")
check(drawn(numpy.zeros((2, 3, 4), numpy.float32)), refused + "rank must be 2, got 3", "a tensor of rank 3")
check(drawn(numpy.zeros((2, 3), numpy.float32), numpy.float64),
      "pluck::dlpack: the tokens' dtype must be int32 or int64, got float64", "tokens that are no integers")
print(f"NumPy {numpy.__version__}: {checks} checks")
