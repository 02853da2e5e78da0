# awk, sed, grep, sort, uniq, cut, tr, join-like work on text that is made here.

awk 'BEGIN { srand(7); x = 12345
    for (i = 1; i <= 3000; i++) {
        x = (x * 1103515245 + 12345) % 2147483648
        printf "%d;name%d;%s;%d\n", i, x % 97, substr("alphabetagammadelta", x % 15 + 1, 4), x % 1000
    } }' >table
wc table
md5sum <table

awk -F';' '{ sum[$2] += $4; n[$2]++ } END { for (k in sum) print k, n[k], sum[k] }' table | sort -k2,2nr -k1,1 | head -n 5
awk -F';' 'NR % 500 == 0 { printf "%05d %-8s|%6.2f|%s\n", $1, $2, $4 / 7, toupper($3) }' table
awk 'function fib(n) { return n < 2 ? n : fib(n - 1) + fib(n - 2) } BEGIN { print fib(18) }'
awk 'BEGIN { s = "a:b:c"; n = split(s, p, ":"); print n, p[3]; gsub(/:/, "-", s); print s, length(s), index(s, "c"); print substr("hello", 2, 3) }'
awk 'BEGIN { while (("echo one; echo two" | getline line) > 0) print "read", line; print "to a pipe" | "cat" }'
awk 'BEGIN { printf "%d %o %x %e %g %c\n", 42.9, 8, 255, 12345.678, 0.0001, 65 }'

sed -n '10,12p;$p' table
sed -e 's/name\([0-9]*\)/N<\1>/' -e '/;9[0-9]*$/d' table | md5sum
echo "one two three" | sed -E 's/(\w+) (\w+)/\2 \1/; s/e/E/2; y/abc/ABC/'
printf 'a\nb\nc\n' | sed -n '1!G;h;$p'
printf 'x=1\ny=2\n' | sed '/x/{s/1/10/;a\
after x
}; $i\
before last'
cp table copy
sed -i 's/;/,/g' copy
grep -c ';' copy
grep -c , copy

grep -n 'name96;' table | head -n 3
grep -E '^(1|2|3)[0-9]{3};' table | grep -v name | wc -l
grep -o 'name1[0-9]' table | sort | uniq -c | sort -rn | head -n 4
grep -F 'beta;' table | cut -d';' -f1,4 | tail -n 2
grep -q nowhere table
echo "status $?"
echo "Mixed CASE" | grep -i 'case' | tr 'a-z' 'A-Z'

sort -t';' -k4,4n -k1,1n table | head -n 3
sort -t';' -k2.5n -u table | wc -l
cut -d';' -f3 table | sort | uniq -c | sort -k1,1nr -k2 | head -n 4
seq 1 20 | paste - - - - | expand | tr -s ' '
seq 5 -1 1 | tac | rev | nl | sed 's/^ *//'
seq 1 100000 | sort -rn | head -n 1
seq 1 100000 | awk '{ s += $1 } END { printf "%.0f\n", s }'
printf 'one\ttwo\n' | od -c
printf '\001\377abc' | hexdump -C
printf 'long line to be folded somewhere' | fold -s -w 12
echo
printf 'a\nfirst\nsecond\nthird\n.\n2s/second/2nd/\nw edited\nq\n' | ed -s 2>&1
cat edited
head -c 20 table | tail -c 5
echo
comm=$(printf 'b\na\n' | sort | tr '\n' ' ')
echo "[$comm]"
