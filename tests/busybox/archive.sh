# A tree of 5,000 files through tar and gzip and back, compared.

umask 022
export TZ=UTC0
d=0
while [ $d -lt 50 ]; do
    mkdir -p tree/dir$d
    f=0
    while [ $f -lt 100 ]; do
        echo "file $f of directory $d: $((d * f * 7919 % 10007))" >tree/dir$d/file$f
        f=$((f + 1))
    done
    d=$((d + 1))
done
awk 'BEGIN { for (i = 0; i < 10000; i++) print i * i % 9973 }' >tree/dir0/large
ln -s file1 tree/dir1/link
ln tree/dir2/file2 tree/dir2/second_name
chmod 640 tree/dir3/file3
find tree | wc -l

find tree -print0 | xargs -0 touch -h -d '2024-05-06 07:08:09'
tar -cf all.tar tree
gzip -c all.tar >all.tar.gz
gzip -dc all.tar.gz | cmp - all.tar && echo "gzip gives back what it got"
tar -tzf all.tar.gz | wc -l
mkdir out
tar -xzf all.tar.gz -C out
diff -r tree out/tree && echo "same trees"
stat -c '%A %Y %n' out/tree/dir3/file3
readlink out/tree/dir1/link
stat -c '%h' out/tree/dir2/file2

# The same bytes on every system: names in order, and nothing that depends on it.
find tree -type f -name 'file*' | sort >names
tar -cf - $(cat names) >named.tar
md5sum <named.tar
gzip <named.tar | md5sum
(cd out && find tree -type f | sort | xargs md5sum) | md5sum
echo changed >>out/tree/dir4/file4
rm out/tree/dir5/file5
for d in 3 4 5 6; do diff -r tree/dir$d out/tree/dir$d; done
diff -u tree/dir4/file4 out/tree/dir4/file4 | tail -n 3

find tree/dir1* | sort | cpio -o -H newc 2>/dev/null >all.cpio
mkdir cpio
(cd cpio && cpio -id 2>/dev/null <../all.cpio)
for d in 1 10 19; do diff -r tree/dir$d cpio/tree/dir$d; done
find cpio | wc -l
rm -rf tree out cpio
ls
