# Traps: on exit, on signals, ignored, reset, in subshells, and while waiting.

trap 'echo "exit trap, status $?"' EXIT
trap 'echo "got USR1"' USR1
kill -USR1 $$
trap '' USR2
kill -USR2 $$
echo "USR2 was ignored"
sh -c 'kill -USR2 $$; echo "ignored in a child, too"'
(trap 'echo "subshell ends"' EXIT; exit 4)
echo "status $?"
sh -c 'trap "echo caught TERM; exit 5" TERM; kill -TERM $$; echo not reached'
echo "status $?"
sh -c 'kill -TERM $$; echo not reached'
echo "status $?"
sh -c 'trap "echo first" INT; trap - INT; kill -INT $$; echo not reached'
echo "status $?"

# A trap ends wait, whose status says so; the job can be waited for again.
trap 'echo "got HUP"' HUP
me=$$
sleep 1000 &
job=$!
(sleep 1; kill -HUP $me) &
wait $job
echo "wait was ended: $?"
kill $job
wait $job 2>/dev/null
echo "the job's status: $?"
# While a child runs in the foreground, a trap waits for its end.
(sleep 0.5; kill -USR1 $me) &
sh -c 'sleep 1.5; echo "child ends"'
wait
echo "status of the shell"
exit 7
