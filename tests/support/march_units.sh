# SPDX-License-Identifier: MIT
# shellcheck shell=bash
# Sourced by scripts that ask which names two units share, one compiled for any x86-64 and one for x86-64-v3.

# compile_march_units OBJECT INCLUDE COMPILER FLAG...: OBJECT.plain.o and OBJECT.newer.o, which draw by the same
# functions, and OBJECT.main.o, which calls the former. What the compiler says is in OBJECT.log.
compile_march_units() {
    local with=("${@:3}" -std=c++20 -w "-I$2" -c)
    {
        "${with[@]}" -march=x86-64 -DDRAW=draw_plain tests/platforms/march_unit.cpp -o "$1.plain.o" &&
            "${with[@]}" -march=x86-64-v3 -DDRAW=draw_newer tests/platforms/march_unit.cpp -o "$1.newer.o" &&
            "${with[@]}" -march=x86-64 tests/platforms/march_main.cpp -o "$1.main.o"
    } 2>"$1.log"
}

# What both units define weakly, and the newer by an instruction that a Nehalem lacks.
shared_names() { # shared_names OBJECT
    local unit
    for unit in plain newer; do
        nm --defined-only "$1.$unit.o" | awk '$2 ~ /^[WVu]$/ { print $3 }' | sort -u >"$1.$unit.names"
    done
    objdump -d --no-show-raw-insn "$1.newer.o" | awk '
        /^[0-9a-f]+ <.*>:$/ {
            name = substr($2, 2, length($2) - 3)
            sub(/\.(cold|part|isra|constprop).*/, "", name)  # parts of it that only it calls
            next
        }
        { word = $2 ~ /^(lock|rep|repz|repnz|notrack|bnd|data16|cs)$/ ? $3 : $2 }
        word ~ /^v[a-z]/ && word !~ /^ver[rw]$/ { print name }
        word ~ /^(andn|bextr|blsi|blsr|blsmsk|bzhi|mulx|pdep|pext|rorx|sarx|shlx|shrx|tzcnt|lzcnt|movbe)[lqw]?$/ {
            print name
        }' | sort -u | comm -12 - <(comm -12 "$1.plain.names" "$1.newer.names") | c++filt
}

# Who executes cpuid, which takes microseconds in a virtual machine: that is for the first draw of a program alone, in a
# function of its own that no compiler moves out of it.
who_executes_cpuid() { # who_executes_cpuid OBJECT
    objdump -d --no-show-raw-insn "$1.plain.o" "$1.newer.o" | awk '
        /^[0-9a-f]+ <.*>:$/ { name = substr($2, 2, length($2) - 3) }
        $2 == "cpuid" { print name }' | sort -u | c++filt
}
