# SPDX-License-Identifier: MIT
#
# Fits the polynomial of docs/mass.md: p(f) ~ 2^f on [-1/2, 1/2], p(0) = 1 exactly, coefficients in float32.
#
#     pip install numpy mpmath
#     python3 docs/mass_fit.py        # degrees 5 and 6, a few seconds each; the library has the first line of degree 6
#
# Three steps. (1) Remez: the real polynomial whose largest relative error is least. (2) A lattice search: the error
# of p is linear in the coefficients, and each of them moves in steps of one float32 ulp, so the good float32
# polynomials are the lattice points close to the real one. Rounding each coefficient for itself costs a factor of
# four at degree 6; nearest-plane rounding, with several integers tried per axis, lets each coefficient make up for the
# rounding of those before it. (3) The best lattice points are run as the library runs them, Horner in float32 fma on f
# with its lowest bit cleared, and the smallest errors among those that keep the octave boundary in order are printed.
# Whether p is monotone is not decided here: that takes all floats, see docs/mass.md.

import itertools

import mpmath
import numpy as np

mpmath.mp.prec = 120
half = mpmath.mpf(1) / 2


def remez(degree):
    """c1..cn of 1 + f (c1 + f (c2 + ...)), and its error: exchange on the weighted |f| (r - (2^f - 1) / f) / 2^f."""

    def error(c, f):  # signed so that it alternates on both sides of 0, where every admissible p is exact
        p = 1 + f * mpmath.polyval(c[::-1], f)
        return (p / mpmath.power(2, f) - 1) * (1 if f > 0 else -1)

    points = [-half * mpmath.cos(mpmath.pi * (i + half) / (degree + 1)) for i in range(degree + 1)]
    points = [f if abs(f) > 0.02 else mpmath.mpf("0.05") for f in points]
    grid = [mpmath.mpf(i) / 2000 for i in range(-1000, 1001) if i != 0]
    for _ in range(20):
        rows, rhs = mpmath.matrix(degree + 1), mpmath.matrix(degree + 1, 1)
        for i, f in enumerate(points):
            weight = abs(f) / mpmath.power(2, f)
            for j in range(degree):
                rows[i, j] = weight * f**j
            rows[i, degree] = (-1) ** i
            rhs[i] = weight * (mpmath.power(2, f) - 1) / f
        solution = mpmath.lu_solve(rows, rhs)
        c, level = list(solution)[:degree], abs(solution[degree])
        # One extremum per run of equal sign: the new reference.
        extrema = []
        for f in grid:
            e = error(c, f)
            if extrema and (extrema[-1][1] > 0) == (e > 0):
                if abs(e) > abs(extrema[-1][1]):
                    extrema[-1] = (f, e)
            else:
                extrema.append((f, e))
        while len(extrema) > degree + 1:
            extrema.pop(0 if abs(extrema[0][1]) < abs(extrema[-1][1]) else -1)
        assert len(extrema) == degree + 1
        largest = max(abs(e) for _, e in extrema)
        points = [f for f, _ in extrema]
        if largest < level * 1.00001:
            break
    return c, largest


def fma32(a, b, c):
    """float32 fma on float64 arrays of float32 values; the sum is rounded to odd first, so that it is rounded once."""
    product = a * b  # exact: 48 bits
    total = product + c
    back = total - product
    rest = (product - (total - back)) + (c - back)  # exact error of the sum
    bits = total.view(np.int64)
    odd = np.where((rest != 0) & (bits & 1 == 0), np.where((rest > 0) == (total > 0), 1, -1), 0)
    return (bits + odd).view(np.float64).astype(np.float32).astype(np.float64)


def evaluate(c, f):
    p = np.full_like(f, c[-1])
    for term in list(c[-2::-1]) + [1.0]:
        p = fma32(p, f, np.full_like(f, term))
    return p


def literal(x):
    """The float32 value x as C++ writes it: 0x1.62e43p-1f."""
    mantissa, exponent = float(x).hex().split("p")
    return f"{mantissa.rstrip('0')}p{exponent}f"


def ulp(x):
    return float(2.0 ** (int(mpmath.floor(mpmath.log(abs(x), 2))) - 23))


def lattice(c, radius):
    """float32 coefficient vectors near c: nearest-plane rounding, 2 * radius + 1 integers on every axis."""
    n = len(c)
    f = -0.5 * np.cos(np.pi * (np.arange(4 * n) + 0.5) / (4 * n))
    steps = np.array([ulp(x) for x in c])
    # Highest power first, so that back substitution settles c1, the one that weighs most, first.
    powers = np.arange(n, 0, -1)
    matrix = f[:, None] ** powers * steps[::-1] / 2.0 ** f[:, None]
    r = np.linalg.qr(matrix)[1]
    centre = np.array([float(x / s) for x, s in zip(c, steps)])[::-1]
    for offsets in itertools.product(range(-radius, radius + 1), repeat=n):
        z = np.zeros(n)
        for i in range(n - 1, -1, -1):
            drift = r[i, i + 1 :] @ (centre[i + 1 :] - z[i + 1 :]) / r[i, i]
            z[i] = np.rint(centre[i] + drift) + offsets[i]
        yield (z * steps[::-1])[::-1]


def fit(degree, kept=300):
    c, level = remez(degree)
    print(f"degree {degree}: real minimax error {float(level):.4g} = 2^{float(mpmath.log(level, 2)):.2f}")
    grid = np.linspace(-0.5, 0.5, 1001)
    exact = np.exp2(grid)
    vandermonde = grid[:, None] ** np.arange(1, degree + 1)
    near = sorted(
        (float(np.max(np.abs((1 + vandermonde @ v) / exact - 1))), tuple(v)) for v in set(map(tuple, lattice(c, 1)))
    )
    rng = np.random.default_rng(1)
    sample = np.concatenate([rng.uniform(-0.5, 0.5, 200_000), [-0.5, 0.5]]).astype(np.float32)
    clear = (sample.view(np.uint32) & np.uint32(0xFFFFFFFE)).view(np.float32).astype(np.float64)
    truth = np.exp2(sample.astype(np.float64))
    ranked = []
    for real, v in near[:kept]:
        p = evaluate(v, clear)
        if p[-1] / 2 <= p[-2] and p.min() >= 0.5 and p.max() < 2:
            ranked.append((float(np.max(np.abs(p / truth - 1))), real, v))
    ranked.sort()
    for error, real, v in ranked[:3]:
        print(f"  error in fma {error:.4g} = 2^{np.log2(error):.3f}, in real arithmetic {real:.4g}")
        print("    " + " ".join(map(literal, v)))


if __name__ == "__main__":
    for degree in (5, 6):
        fit(degree)
