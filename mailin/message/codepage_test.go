package message

import (
	"testing"
	"unicode/utf8"
)

// The short way of a piece of western text reads it as the long way does.
func TestPageText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		bytes string
		page  int
		want  string
	}{
		{"\xe9", 1252, "é"}, {"\xcf\xf0\xe8\xe2\xe5\xf2", 1251, "Привет"}, {"\x82", 437, "é"}, {"\x83\x65", 932, "テ"}, {"\x8e", 10000, "é"}, {"\xe9", 28605, "é"},
		{"\xc3\xa9", 1252, "é"}, {"caf\xe9 \x80 5", 1252, "café € 5"}, {"\xe9", 4711, "é"}, {"\x80", 10007, "А"}, {"\x86", 860, "Á"},
	} {
		if got := PageText([]byte(c.bytes), c.page); got != c.want {
			t.Errorf("%q of page %d is %q, want %q", c.bytes, c.page, got, c.want)
		}
	}
	for first := range 256 {
		for second := range 256 {
			b := []byte{byte(first), byte(second), 'x', byte(second)}
			want, _ := toUTF8(b, "windows-1252")
			if got := PageText(b, 1252); got != want || !utf8.ValidString(got) {
				t.Fatalf("%q is %q, want %q", b, got, want)
			}
		}
	}
}
