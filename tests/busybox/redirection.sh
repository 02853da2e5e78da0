# Descriptors: opened, duplicated, closed, appended, refused; fifos and substitutions.

exec 3>three 4<"$0"
echo "to three" >&3
echo "more" >&3
read -r first <&4
echo "$first"
exec 3>&- 4<&-
cat three
(echo "closed" >&3) 2>&1 | sed 's/.*: //'
echo one >file
echo two >>file
cat <file
set -C
(echo three >file) 2>&1 | sed 's/.*: //'
echo forced >|file
set +C
cat file
{ echo out; echo err >&2; } >both 2>&1
cat both
{ echo out; echo err >&2; } 2>&1 >/dev/null | sed 's/^/[&/; s/$/]/'
ls nothing.here 2>errors
echo "status $?"
cat errors
cat <<END >from_document
document
END
cat from_document
exec 5<>readwrite
echo "written" >&5
cat readwrite
exec 5>&-
while read -r line; do
    echo "outer $line"
    read -r inner <&6 && echo "inner $inner"
done <three 6<both
echo "$(echo "nested $(echo "substitution $(echo deep)")")"
(: </nowhere) 2>&1 | sed 's/.*sh: //; s/line [0-9]*: //'
: >/dev/full && echo "opened"
echo x 2>/dev/null >/dev/full
echo "full: $?"
dd if=/dev/zero of=/dev/full bs=1 count=1 2>&1 | head -n 1
head -c 5 /dev/zero | od -An -tx1
head -c 16 /dev/urandom | wc -c
cat /dev/null | wc -c
echo "stdin here: $(cat | wc -c)"
ulimit -n 64
ulimit -n
(ulimit -f 1; dd if=/dev/zero of=toolarge bs=1024 count=4 2>/dev/null; echo "status $?")
stat -c %s toolarge
