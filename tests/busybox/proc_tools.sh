# ps, top, free, uptime, mount, /proc: the form of what they print, and the figures that are fixed.

sleep 777 &
job=$!
# Until then it is a copy of this shell.
until grep -q sleep /proc/$job/cmdline; do sleep 0.1; done
sleep 0.3
ps -o pid,args | awk -v job=$job '$1 == job { $1 = "JOB"; print }'
ps -o ppid,pid | awk -v job=$job -v me=$$ '$2 == job { print ($1 == me) ? "its parent is this shell" : "wrong parent" }'
ps -o stat,comm | grep sleep
ps | head -n 1
ps -o pid,user,comm | awk '$1 == 1 { print $2 }'
squeeze() { sed 's/[0-9][0-9.]*/N/g; s/  */ /g; s/ *$//; s/^ //'; }
top -b -n 1 | head -n 4 | squeeze
top -b -n 1 | grep -c '[s]leep 777'
free | squeeze | awk '{ print $1, NF }'
uptime | squeeze | sed 's/.*load/load/'
mount | awk '$5 == "proc" { print $1, $3, $5 }'
kill $job
wait $job 2>/dev/null
echo "status $?"
ps -o args | grep -c '[s]leep 777'

tr '\0' ' ' </proc/self/cmdline
echo
readlink /proc/self/exe | sed 's|.*/||'
readlink /proc/self/cwd | sed 's|^/tmp/bb||'
ls /proc/self/fd | wc -l
awk '{ print NF }' /proc/self/stat
awk '{ print NF }' /proc/uptime /proc/loadavg
grep -E '^(Name|State|Pid|PPid|Uid|Threads)' /proc/self/status | squeeze
grep -cE '^(MemTotal|MemFree|MemAvailable|Buffers|Cached|SwapTotal):' /proc/meminfo
head -n 1 /proc/stat | awk '{ print $1, (NF > 8) }'
grep -c '^processor' /proc/cpuinfo | squeeze
awk '{ print $1 }' /proc/sys/kernel/ostype
cat /proc/sys/kernel/hostname | wc -l
grep -c . /proc/self/maps | awk '{ print ($1 > 3) }'
grep -o 'stack' /proc/self/maps
ls -d /proc/self/task/* | wc -l
uname -s -m
hostname | wc -w
id
nproc | squeeze
pidof init | grep -cw 1
tr '\0' '\n' </proc/$$/environ | grep -c '^PATH='
times | squeeze | head -n 1
before=$(cut -d' ' -f1 /proc/uptime)
sleep 0.1
awk -v before="$before" '{ exit !($1 > before) }' /proc/uptime || echo "time stands still"
cat /proc/999999/stat 2>&1
[ -e /proc/$job ] || echo "the job has left /proc"
