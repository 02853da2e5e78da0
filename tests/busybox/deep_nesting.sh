# Many of everything at once: nested shells, long pipelines, long lines, deep directories.

nest() { [ "$1" -eq 0 ] && echo "bottom" || sh -c ". ./nest.sh; nest $(($1 - 1))"; }
cat >nest.sh <<'END'
nest() { [ "$1" -eq 0 ] && echo "bottom" || sh -c ". ./nest.sh; nest $(($1 - 1))"; }
END
nest 25

pipeline=cat
i=0
while [ $i -lt 60 ]; do pipeline="$pipeline | cat"; i=$((i + 1)); done
seq 1 5000 | eval "$pipeline" | md5sum

line=$(seq 1 20000 | tr '\n' ' ')
echo "${#line}"
echo "$line" | md5sum
/bin/echo "$line" | md5sum
set -- $line
echo "$# words, the last is $(eval echo "\${$#}")"

dir=d
i=0
while [ $i -lt 100 ]; do mkdir dir_$i; cd dir_$i; i=$((i + 1)); done
pwd | tr '/' '\n' | grep -c dir_
echo bottom >file
cd ../../../..
cat dir_96/dir_97/dir_98/dir_99/file
cd /tmp/bb/deep_nesting 2>/dev/null || cd - >/dev/null
find . -type d | wc -l
rm -r dir_0
find . -type d | wc -l

recurse() { [ "$1" -eq 0 ] || recurse $(($1 - 1)); }
recurse 500 && echo "500 calls deep"
i=0
while [ $i -lt 200 ]; do eval "var_$i=$i"; i=$((i + 1)); done
set | grep -c '^var_'
(exit 3) | (exit 4) | (exit 5)
echo "status $?"
set -o pipefail
(exit 3) | true
echo "with pipefail: $?"
