# A tree, found and worked on in every way that scripts use.

umask 022
for d in src src/deep src/deep/er doc empty; do mkdir -p tree/$d; done
i=0
while [ $i -lt 60 ]; do
    echo "content $i" >tree/src/file$i.c
    echo "text $i, more of it" >tree/doc/page$i.txt
    i=$((i + 1))
done
echo x >"tree/src/deep/with space.c"
echo y >tree/src/deep/er/end.h
ln -s ../src/file1.c tree/doc/link
chmod 700 tree/src/file7.c
touch -d '2020-01-02 03:04:05' tree/src/file8.c

find tree -type d | sort
find tree -type l
find tree -name '*.c' | wc -l
find tree -name '*1*.txt' | sort | head -n 3
find tree -type f -size -15c | sort | head -n 2
find tree -perm 700 -type f
find tree ! -newer tree/src/file8.c -type f
find tree -maxdepth 1 | sort
find tree -type d -empty
find tree -path '*deep*' -type f | sort
find tree -name 'page5?.txt' -exec cat {} + | sort | md5sum
find tree -name 'file?.c' -exec sh -c 'wc -c <"$1"' sh {} \; | sort | uniq -c | sed 's/^ *//'
find tree -name '*.c' -print0 | sort -z | xargs -0 cat | md5sum
find tree -name '*.txt' | sort | xargs -n 7 echo | wc -l
seq 1 30 | xargs -n 1 -P 4 sh -c 'echo $(($1 * $1))' sh | sort -n | tail -n 3
echo a b c | xargs -I{} echo "<{}>"
seq 1 3 | xargs -n 1 sh -c '[ $1 -ne 2 ]' sh
echo "status $?"
find tree -name '*.txt' | xargs grep -l 'text 5,' | sort
find tree -name '*.txt' -exec rm {} +
find tree -type f | wc -l
find nowhere 2>&1
echo "status $?"
find tree -type f -print0 | xargs -0 rm
find tree -depth -type d -exec rmdir {} \; 2>&1
find tree | sort
