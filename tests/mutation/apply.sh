# SPDX-License-Identifier: MIT
# shellcheck shell=bash disable=SC2034
# Sourced by tests/mutation/run and tests/golden/traps. Reads files of mutants, and makes a copy of include/pluck in
# which one of them is applied. A file holds, for each mutant,
#
#     [name] detail/mass.hpp: words that the caller understands
#     what goes wrong, in a line
#     -text that is there exactly once
#     +what it becomes; no such line: nothing
#     @ detail/log.hpp      the next lines are about another header
#
# Lines that begin with - make one text, and so do those with +. Text need not be whole lines. A further - after a +
# begins another replacement. # begins a comment.

mutant_names=()
declare -A mutant_words mutant_about mutant_edits

read_mutants() { # read_mutants FILE
    local line name=
    while IFS= read -r line || [ -n "$line" ]; do
        case $line in
        '' | '#'*) ;;
        '['*)
            name=${line%%]*} && name=${name#[}
            [ -z "${mutant_edits[$name]+there}" ] || { echo "$1: two mutants are called $name"; return 1; }
            mutant_names+=("$name")
            mutant_words[$name]=${line#*: }
            line=${line#*] }
            mutant_edits[$name]="@ ${line%%:*}"$'\n'
            mutant_about[$name]=
            ;;
        [-+@]*) mutant_edits[$name]+=$line$'\n' ;;
        *) mutant_about[$name]+=${mutant_about[$name]:+ }$line ;;
        esac
    done <"$1"
}

replace_once() { # replace_once FILE OLD NEW
    local text rest
    IFS= read -r -d '' text <"$1"
    rest=${text//"$2"/}
    if [ -z "$2" ] || [ $((${#text} - ${#rest})) -ne ${#2} ]; then
        printf 'this text is not there exactly once in %s:\n%s\n' "$1" "$2"
        return 1
    fi
    printf '%s' "${text/"$2"/"$3"}" >"$1"
}

apply_mutant() { # apply_mutant NAME FOLDER: FOLDER/pluck is include/pluck with that mutant
    local file='' old='' new='' changing='' line
    rm -rf "$2" && mkdir -p "$2" && cp -R include/pluck "$2/pluck" || return 1
    while IFS= read -r line; do
        case $line in
        '@ '*)
            [ -z "$changing" ] || replace_once "$file" "$old" "$new" || return 1
            file=$2/pluck/${line#@ } changing=''
            [ -f "$file" ] || { echo "there is no include/pluck/${line#@ }"; return 1; }
            ;;
        -*)
            if [ "$changing" = to ]; then replace_once "$file" "$old" "$new" || return 1; changing=''; fi
            if [ -z "$changing" ]; then old=${line#-} new='' changing=from; else old+=$'\n'${line#-}; fi
            ;;
        +*)
            if [ "$changing" = to ]; then new+=$'\n'${line#+}; else new=${line#+} changing=to; fi
            ;;
        esac
    done <<<"${mutant_edits[$1]}"
    [ -n "$changing" ] || { echo "the mutant changes nothing"; return 1; }
    replace_once "$file" "$old" "$new"
}
