# 256 MiB through pipes, and the ways in which pipes end.

dd if=/dev/zero bs=64k count=4096 2>/dev/null | dd bs=64k iflag=fullblock of=/dev/null 2>&1 | head -n 2
dd if=/dev/zero bs=1M count=16 2>/dev/null | cat | cat | wc -c
dd if=/dev/zero bs=1000 count=999 2>/dev/null | dd bs=777 2>/dev/null | wc -c
seq 1 200000 | tee copy | md5sum
md5sum <copy
yes | head -n 100000 | uniq -c
yes "a long line that fills the pipe more quickly than short ones do" | head -c 3000000 | md5sum
# The reader leaves; the writer gets SIGPIPE.
(yes; echo "yes ended: $?" >status) | head -n 1
cat status
(trap '' PIPE; yes 2>/dev/null; echo "with SIGPIPE ignored: $?" >status) | head -n 1
cat status
seq 1 100000 | (read -r first; echo "first $first"; tail -n 1)
seq 1 10 | while read -r n; do [ "$n" -eq 5 ] && break; echo "$n"; done
mkfifo fifo
seq 1 50000 >fifo &
md5sum <fifo
wait
(echo late >fifo) &
cat fifo
wait
: | cat
echo "empty: $?"
dd if=/dev/zero of=sparse bs=1 count=1 seek=1000000 2>/dev/null
stat -c %s sparse
dd if=copy bs=100 skip=3 count=2 2>/dev/null | md5sum
