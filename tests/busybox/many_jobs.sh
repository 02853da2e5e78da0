# 500 jobs in the background at once, each waited for, each with a status of its own.

n=0
pids=
while [ $n -lt 500 ]; do
    (echo "job $n" >out.$n; exit $((n % 11))) &
    pids="$pids $!"
    n=$((n + 1))
done
sum=0
for pid in $pids; do
    wait $pid
    sum=$((sum + $?))
done
echo "sum of statuses: $sum"
cat out.* | sort -k2,2n | md5sum
ls | wc -l
rm out.*

# Programs, and more than one pipe each.
n=0
while [ $n -lt 60 ]; do
    seq 1 $((n + 1)) | awk '{ s += $1 } END { print s }' >sum.$n &
    n=$((n + 1))
done
wait
echo "status of wait: $?"
cat sum.* | sort -n | md5sum
wait 999999 2>&1
echo "a stranger: $?"

# One after another.
n=0
while [ $n -lt 300 ]; do
    /bin/true || echo "true failed"
    n=$((n + 1))
done
echo "$n programs"
