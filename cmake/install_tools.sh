# SPDX-License-Identifier: MIT
# Sourced by the scripts that set themselves up, such as tests/run: `need TOOL...` installs what is missing of
#     compiler cmake ninja eigen catch2 json dlpack torch gnuplot clang clang-format clang-tidy benchmark valgrind
#     python python-venv binutils mingw wine s390x qemu
# with apt-get on Debian and Ubuntu. Elsewhere it names what is missing, and stops. `want TOOL...` goes on without.

say() { printf '\n== %s\n' "$*"; }
stop() { # stop LINE...
    printf '\n!! %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '   %s\n' "$@" >&2
    exit 1
}

cores=$(getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$cores}
export CTEST_PARALLEL_LEVEL=${CTEST_PARALLEL_LEVEL:-$cores}

has_header() {
    local folder
    for folder in /usr/include /usr/local/include /opt/homebrew/include ${CPATH:+${CPATH//:/ }}; do
        [ -e "$folder/$1" ] && return 0
    done
    return 1
}

has() {
    case $1 in
    compiler) echo '#include <concepts>
        template <std::integral T> T f(T x); int main() {}' | "${CXX:-c++}" -std=c++20 -fsyntax-only -x c++ - \
        2>/dev/null ;;
    cmake) [ -n "$(command -v cmake)" ] ;;
    ninja) [ -n "$(command -v ninja)" ] ;;
    gnuplot) [ -n "$(command -v gnuplot)" ] ;;
    python) [ -n "$(command -v python3)" ] ;;
    binutils) [ -n "$(command -v objdump)" ] ;;
    mingw) [ -n "$(command -v x86_64-w64-mingw32-g++-posix)" ] ;;
    wine) [ -n "$(command -v wine)" ] ;;
    s390x) [ -n "$(command -v s390x-linux-gnu-g++)" ] ;;
    qemu) [ -n "$(command -v qemu-x86_64)" ] ;;
    valgrind) [ -n "$(command -v valgrind)" ] && has_header valgrind/callgrind.h ;;
    clang)
        [ -n "$(command -v clang++)" ] &&
            echo 'int main() {}' | clang++ -fsanitize=thread -o /dev/null -x c++ - 2>/dev/null
        ;;
    clang-format | clang-tidy) [ -n "$(command -v "$1" "$1-14")" ] ;;
    eigen) [ -n "${Eigen3_DIR:-}${CMAKE_PREFIX_PATH:-}" ] || has_header eigen3/Eigen/Core ;;
    catch2)
        [ -n "${Catch2_DIR:-}${CMAKE_PREFIX_PATH:-}" ] || has_header catch2/catch.hpp || has_header catch2/catch_all.hpp
        ;;
    dlpack) has_header dlpack/dlpack.h ;;
    torch) has_header ATen/ATen.h ;;
    python-venv) python3 -c 'import venv, ensurepip' 2>/dev/null ;;
    json) [ -n "${nlohmann_json_DIR:-}${CMAKE_PREFIX_PATH:-}" ] || has_header nlohmann/json.hpp ;;
    benchmark) [ -n "${benchmark_DIR:-}${CMAKE_PREFIX_PATH:-}" ] || has_header benchmark/benchmark.h ;;
    *) stop "install_tools.sh knows no tool '$1'" ;;
    esac
}

debian_packages() {
    case $1 in
    compiler) echo g++ ;;
    cmake) echo cmake ;;
    ninja) echo ninja-build ;;
    gnuplot) echo gnuplot-nox ;;
    clang | clang-format | clang-tidy) echo "$1" ;;
    eigen) echo libeigen3-dev ;;
    catch2) echo catch2 ;;
    json) echo nlohmann-json3-dev ;;
    dlpack) echo libdlpack-dev ;;
    torch) echo libtorch-dev ;;
    python-venv) echo python3-venv ;;
    benchmark) echo libbenchmark-dev ;;
    valgrind) echo valgrind ;;
    python) echo python3 ;;
    binutils) echo binutils ;;
    mingw) echo g++-mingw-w64-x86-64-posix ;;
    wine) echo wine ;;
    s390x) echo g++-s390x-linux-gnu ;;
    qemu) echo qemu-user ;;
    esac
}

apt_install() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            stop "Installing needs root, and there is no sudo. Run this as root, then try again:" \
                "apt-get update && apt-get install -y --no-install-recommends $*"
        as_root=(sudo)
    fi
    say "installing $*"
    "${as_root[@]}" apt-get update
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
}

# CMake 3.25 or newer: the system's, else one from PyPI in build/tools.
need_new_cmake() {
    local version
    [ -x build/tools/bin/cmake ] && PATH="$PWD/build/tools/bin:$PATH"
    version=$(cmake --version | sed -n 's/^cmake version \([0-9.]*\).*/\1/p')
    [ "$(printf '%s\n' 3.25 "$version" | sort -V | head -n 1)" = 3.25 ] && return 0
    say "CMake here is $version and pluck needs 3.25: fetching a newer one into build/tools"
    if ! python3 -c 'import venv, ensurepip' 2>/dev/null && command -v apt-get >/dev/null; then
        apt_install python3-venv
    fi
    python3 -m venv build/tools && build/tools/bin/pip install --quiet 'cmake>=3.25,<4' ||
        stop "That failed. Install CMake 3.25 or newer (https://cmake.org/download), put it on the PATH, and try again."
    PATH="$PWD/build/tools/bin:$PATH"
}

need() {
    local tool version missing=() packages=()
    for tool in "$@"; do
        if ! has "$tool"; then
            missing+=("$tool")
            packages+=("$(debian_packages "$tool")")
        fi
    done
    if [ ${#missing[@]} -gt 0 ]; then
        command -v apt-get >/dev/null || stop "Missing here: ${missing[*]}" \
            "This system has no apt-get, so please install them, then try again. For all of them:" \
            "Fedora:    dnf install gcc-c++ cmake ninja-build eigen3-devel catch-devel json-devel gnuplot" \
            "Arch:      pacman -S gcc cmake ninja eigen catch2 nlohmann-json gnuplot" \
            "Homebrew:  brew install cmake ninja eigen catch2 nlohmann-json gnuplot" \
            "To use pluck in a project of your own only a C++20 compiler is needed: see the README."
        apt_install "${packages[@]}"
        # Some releases hold clang's sanitizers in a package of their own, named after clang's version.
        if [[ " ${missing[*]} " == *" clang "* ]] && ! has clang; then
            version=$(clang++ -dumpversion)
            apt_install "libclang-rt-${version%%.*}-dev"
        fi
        for tool in "${missing[@]}"; do
            has "$tool" || stop "$tool is still missing or too old after: apt-get install $(debian_packages "$tool")" \
                "pluck needs a C++20 compiler (g++ 11, clang++ 14 or newer), CMake 3.25, Eigen 3.4, Catch2 2.13."
        done
    fi
    [ -z "$(command -v cmake)" ] || need_new_cmake
}

# The same for what a caller can do without: where there is no apt-get, it is left out.
want() {
    [ -z "$(command -v apt-get)" ] || need "$@"
}
