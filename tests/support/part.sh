# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts that take longer than CI has time for: they run a part each time, and all parts in turn.

part_of() { # part_of --part=N: N
    local n=${1#--part=}
    [[ $n =~ ^[1-9][0-9]*$ ]] || { echo "--part=N takes a whole number, not $n" >&2; return 2; }
    echo "$n"
}

first_of() { # first_of N: which of the first N a part begins with
    local commits
    commits=$(git rev-list --count HEAD 2>/dev/null || echo 0)
    echo $((commits % $1 + 1))
}

every_nth() { # every_nth N: of the lines that it reads every N-th, which ones by the number of commits
    awk -v n="$1" -v first="$(first_of "$1")" '(NR - 1) % n == first - 1'
}

keep_part() { # keep_part NAME --part=N: every N-th word of the array of that name
    local -n words=$1
    local n
    n=$(part_of "$2") || return
    mapfile -t words < <(printf '%s\n' "${words[@]}" | every_nth "$n")
}
