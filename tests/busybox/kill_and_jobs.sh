# kill, timeout, statuses of killed jobs, jobs by number without a terminal.

kill -l | tr '\n' ' ' | md5sum
kill -l 9 15
# Not INT and QUIT: a shell without job control starts jobs that ignore them.
for signal in HUP KILL TERM USR1 ALRM PIPE; do
    sleep 1000 &
    kill -$signal $! 2>&1
    wait $! 2>/dev/null
    echo "$signal: $?"
done
sleep 1000 &
kill -0 $! && echo "it is there"
kill -STOP $!
sleep 0.1
grep State /proc/$!/status
kill -CONT $!
sleep 0.1
grep State /proc/$!/status
# What a shell says of a job's end comes sooner or later: not compared.
kill %1
wait %1 2>/dev/null
echo "by number: $?"
kill -0 $! 2>/dev/null || echo "it is gone"
kill 999999 2>&1 | sed 's/^sh: //; s/.*: line [0-9]*: //'
sleep 1000 &
jobs | sed 's/  */ /g'
{ killall sleep; wait; } 2>/dev/null
echo "after killall: $(jobs 2>/dev/null | wc -l) jobs"
timeout 1 sleep 1000
echo "timeout: $?"
timeout -s KILL 1 sleep 1000
echo "timeout with KILL: $?"
timeout 10 sh -c 'exit 6'
echo "in time: $?"
sh -c 'kill -SEGV $$'
echo "SEGV: $?"
setsid sh -c 'echo "session of its own: $([ "$(cut -d" " -f6 /proc/$$/stat)" = $$ ] && echo yes)"'
nohup sh -c 'kill -HUP $$; echo "HUP is ignored"' 2>/dev/null
(sleep 0.1; echo "an orphan speaks") &
sh -c 'sleep 0.3 & echo "its parent ends"'
wait
sh -c 'exec 2>&1; nosuchprogram'
echo "status $?"
touch notexecutable
./notexecutable 2>&1
echo "status $?"
echo 'echo "a script without a first line, $1"' >script
chmod +x script
./script argument
printf '#!/bin/sh -e\necho "a script, $0 $*"\nfalse\necho no\n' >script
./script a b
echo "status $?"
printf '#!/no/such/interpreter\n' >script
./script 2>&1
echo "status $?"
