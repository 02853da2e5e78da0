# Here-documents: expanded, literal, indented, nested, long.

name=world
cat <<END
hello $name, $((1 + 2)), $(echo command), \$escaped
END
cat <<'END'
literal $name $((1 + 2)) `command`
END
cat <<-END
	tabs before this line go
		and before this
	END
cat <<ONE; cat <<TWO
from one
ONE
from two
TWO
sh <<'END'
inner() { cat <<INNER
inner of $1
INNER
}
inner shell
END
while read -r line; do echo "line: $line"; done <<END
a
b c
END
# Longer than a pipe holds.
awk 'BEGIN { for (i = 0; i < 20000; i++) printf "line %d of a long document\n", i }' >long
{ echo "cat <<'END'"; cat long; echo END; } >script
sh script | cmp - long && echo "same"
wc -c <long
