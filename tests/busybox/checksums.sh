# Digests and encodings of fixed bytes: wrong memory, registers or reads would show.

awk 'BEGIN { x = 1; for (i = 0; i < 100000; i++) { x = (x * 69069 + 1) % 4294967296; printf "%08x", x } }' >data
wc -c <data
md5sum data
sha1sum data
sha256sum data
sha512sum data
crc32 data
md5sum data >sums
md5sum -c sums
echo x >>data
md5sum -c sums 2>&1
head -c 100000 data | base64 | md5sum
base64 <data | base64 -d | cmp - data && echo "base64 gives back what it got"
head -c 50 data | uuencode name
head -c 5000 data | uuencode -m name | uudecode -o decoded && head -c 5000 data | cmp - decoded && echo same
head -c 64 data | xxd | head -n 2
gzip -c data | gunzip | sha256sum
awk 'BEGIN { for (i = 1; i <= 200; i++) printf "%.10f %.6e %d\n", i / 7, i * i / 3e9, int(i * 1.7) }' | md5sum
head -c 30000 data | bzip2 | bunzip2 | cmp - data 2>&1 | sed 's/ on .*//'
dc -e '2 200 ^ p'
echo 'scale=30; 4 * a(1)' | bc -l
