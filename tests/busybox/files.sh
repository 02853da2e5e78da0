# Files and directories: permissions, links, times, copies, errors.

umask 027
export TZ=UTC0
echo content >file
mkdir -p a/b/c
stat -c '%A %a %U %G %s %h %F' file
stat -c '%A %h %F' a
chmod u+x,g-r,o=w file
stat -c %a file
chmod 4755 file
stat -c %A file
ln file hard
ln -s file soft
ln -s loop2 loop1
ln -s loop1 loop2
stat -c '%h %F' file soft
cat soft
cat loop1 2>&1
readlink soft
readlink -f a/../soft | sed 's|.*/||'
ln file hard 2>&1
rm hard
stat -c %h file

touch -d '2001-02-03 04:05:06' file
date -r file '+%Y-%m-%d %H:%M:%S'
cp -p file preserved
stat -c %Y preserved
cp file later
[ later -nt file ] && echo "later is newer"
date -d @86400 '+%F %T'

cp -a a copy
echo deep >a/b/c/leaf
cp -r a copied
cat copied/b/c/leaf
mv a moved
ls -d a 2>&1
mv moved/b/c/leaf here
cat here
mkdir moved 2>&1
rmdir moved 2>&1
rm moved 2>&1
rm -r moved copied copy
cat missing 2>&1
cat . 2>&1
cd file 2>&1 | sed 's/.*cd to //'
mv file . 2>&1
mkdir x/y 2>&1
mkdir -p deep/1/2/3/4/5/6/7/8/9/10
find deep | wc -l
rm -r deep
truncate -s 10000 sized
stat -c %s sized
truncate -s 5 here
od -c here
printf 'ABC' | dd of=here bs=1 seek=1 conv=notrunc 2>/dev/null
od -c here
cmp here file
i=0
while [ $i -lt 1000 ]; do : >many_$i; i=$((i + 1)); done
ls | grep -c many_
echo many_99*
rm many_*
ls | grep -c many_
mktemp name.XXXXXX | sed 's/\.......$/.made/'
long=$(printf '%0255d' 0)
: >$long && echo "255 bytes of name"
(: >${long}0) 2>&1 | sed 's/.*: //'
rm $long
[ -f file ] && [ -L soft ] && [ -d . ] && [ ! -e gone ] && [ -s file ] && [ -x file ] && echo "tests hold"
mkdir locked
chmod 0 locked
stat -c %A locked
ls -la | awk '{ print $1, $2, $3, $4 }' | grep -v total | sort | uniq -c | sed 's/^ *//' | grep -v '^[0-9]* d'
test -w /dev/null && test -c /dev/zero && echo "devices"
pwd | sed 's|^/tmp/bb||'
cd / && pwd
