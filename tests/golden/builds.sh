# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by run and traps, from the root of the repository: which compilers and flags are tried, every one or, with
# of_the_builds=N, every N-th.

golden_flags=(
    "-O0"
    "-O2"
    "-O3"
    "-O3 -march=native"
    "-O2 -DPLUCK_DISPATCH_AVX512=0"
    "-O2 -DPLUCK_DISPATCH_AVX2=0"
    "-O2 -ffast-math"
    "-O2 -ffast-math -DPLUCK_DISPATCH_AVX2=0"
    "-O2 -ffast-math -march=x86-64-v3"
    "-O3 -ffast-math -march=native"
)

compilers=
for compiler in g++ clang++; do
    if command -v $compiler >/dev/null; then
        compilers+=" $compiler"
    else
        echo "no $compiler here: its builds are left out"
    fi
done

# Another processor, where there are a compiler for it and an emulator: Debian's g++-aarch64-linux-gnu and qemu-user.
emulated=aarch64-linux-gnu-g++
emulated_flags=("-static -O2" "-static -O3 -ffast-math")
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64)
command -v $emulated >/dev/null || emulator=

# What this machine can compile and run: x86-64-v3 means AVX2 and FMA.
can_build() { # can_build COMPILER FLAG...
    case "$*" in
    *x86-64-v3*) grep -qw avx2 /proc/cpuinfo 2>/dev/null && grep -qw fma /proc/cpuinfo || return 1 ;;
    esac
    echo 'int main() {}' | "$@" -x c++ -fsyntax-only - 2>/dev/null
}

# each_build COMMAND...: COMMAND NAME COMPILER FLAG... for every build, two at a time. What it prints is the result.
each_build() {
    local compiler flags
    {
        for compiler in $compilers; do printf "$compiler %s\n" "${golden_flags[@]}"; done
        [ -z "$emulator" ] || printf "$emulated %s\n" "${emulated_flags[@]}"
    } | every_nth "${of_the_builds:-1}" | {
        while read -r compiler flags; do
            # shellcheck disable=SC2086 # flags are words
            if ! can_build $compiler $flags; then
                printf '%-52s left out: not on this machine\n' "$compiler $flags"
                continue
            fi
            while [ "$(jobs -rp | wc -l)" -ge 2 ]; do wait -n; done
            # shellcheck disable=SC2086
            "$@" "$compiler${flags// /_}" $compiler $flags &
        done
        wait
    }
}

# The samplers that have a golden file of their own.
golden_names() {
    local file
    for file in tests/golden/*.txt; do
        file=$(basename "$file" .txt)
        case $file in golden | traps) ;; *) echo "$file" ;; esac
    done
}

# same PROGRAM DIFF [FLAG]: what the program prints is golden.txt, and each sampler's golden file; the differences go
# into DIFF.
same() {
    local way='' name result=0
    case $1 in *"$emulated"*) way=$emulator ;; esac
    : >"$2"
    for name in '' $(golden_names); do
        timeout 60 $way "$1" ${3:+"$3"} $name 2>&1 | diff - "tests/golden/${name:-golden}.txt" >>"$2"
        [ "${PIPESTATUS[*]}" = "0 0" ] || result=1
    done
    return $result
}
