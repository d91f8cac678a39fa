#!/bin/sh
# The whole check N times with every core kept busy by another process. Run it from the project's root.
# `sh tests/busy.sh 10`: ten times; what stands behind N goes to tests/check.sh. Exit 1 if one was not green.
set -u
times=${1:?usage: sh tests/busy.sh N [what tests/check.sh takes]}
shift
cores=$(getconf _NPROCESSORS_ONLN)
log=$(mktemp)
busy=
# whatever happens, what keeps the cores busy ends; so does what is being run, which a signal may not reach
trap 'kill $busy ${running:-} 2>/dev/null; rm -f "$log"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
for _ in $(seq "$cores"); do
    sh -c 'while kill -0 "$1" 2>/dev/null; do seq 3000000 >/dev/null; done' busy $$ &
    busy="$busy $!"
done
green=0
for number in $(seq "$times"); do
    sh tests/check.sh "$@" >"$log" 2>&1 &
    running=$!
    if wait "$running"; then
        green=$((green + 1))
        echo "$number of $times: green: $(tail -n 1 "$log")"
    else
        echo "$number of $times: not green"
        tail -n 60 "$log"
    fi
    running=
done
processor=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
echo "$green of $times green, with $cores busy processes beside them, on ${processor:-$(uname -m)}"
[ "$green" -eq "$times" ]
