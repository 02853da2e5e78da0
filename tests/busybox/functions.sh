# ash as a language: functions, expansions, arithmetic, loops, getopts.

factorial() {
    [ "$1" -le 1 ] && { echo 1; return; }
    local below=$(factorial $(($1 - 1)))
    echo $(($1 * below))
}

scope() {
    local inner=changed
    outer=changed
    return 3
}

options() {
    OPTIND=1
    while getopts "ab:c" option; do
        case $option in
        a | c) echo "flag $option" ;;
        b) echo "value $OPTARG" ;;
        *) echo "refused" ;;
        esac
    done
    shift $((OPTIND - 1))
    echo "rest: $*"
}

echo "10! = $(factorial 10)"
inner=kept outer=kept
scope
echo "status $?, inner $inner, outer $outer"
options -a -b word -c one "two three"
options -x 2>&1

path=/usr/local/lib/libfoo.so.1.2
echo "${path##*/} ${path%/*} ${path%%.so*} ${path#/usr} ${#path}"
echo "${unset_one:-default} ${unset_two:=assigned} $unset_two ${path:+present}"
echo "${path/lib/LIB} ${path//lib/LIB} ${path:5:5}"
(: "${unset_three:?is not set}") 2>&1
echo "status $?"

echo $((7 / 2)) $((7 % 3)) $((-7 / 2)) $((2 << 10)) $((0x1f & 0x15)) $((010)) $((1 ? 5 : 6))
echo $((9223372036854775807 + 1))
i=0
while :; do
    i=$((i + 1))
    [ $i -eq 3 ] && continue
    [ $i -gt 6 ] && break
    printf '%d ' $i
done
echo
for word in alpha "be ta" gamma; do echo "<$word>"; done
until [ $i -le 0 ]; do i=$((i - 3)); done
echo "i $i"

set -- a "b c" d
echo "$# '$1' '$2' '$3' '$*'"
IFS=,
echo "$*"
set -- $(echo x,y,z)
echo "$#"
unset IFS

case abc-123 in
[!a-z]*) echo no ;;
abc-[0-9]*) echo matched ;;
esac
printf '%s|%5d|%-5s|%05.1f|%x\n' text 42 ab 3.14159 255
echo "a b   c" | while read -r first rest; do echo "$first/$rest"; done
eval 'name=value; echo "$name"'
type factorial | head -n 1
(exit 9) || echo "status $?"
! false && echo "negated"
set -e
(false; echo "not reached")
echo "not reached either"
