package mailin

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestWire(t *testing.T) {
	t.Parallel()
	body := "* CAPABILITY (\r\n* OK [CAPABILITY (x\r\n"
	for text, want := range map[string]error{
		"* OK [CAPABILITY IMAP4rev1 IDLE] Dovecot (Debian) ready.\r\n":                                 nil,
		"* CAPABILITY IMAP4rev1  IDLE\r\n* OK (fine)\r\nT1 OK [READ-WRITE] (x)\r\n":                    nil,
		fmt.Sprintf("* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n* 2 EXISTS\r\n", len(body), body):          nil,
		fmt.Sprintf("* 1 FETCH (BODY[TEXT]<0> {%d}\r\n%s)\r\n", 200_000, strings.Repeat("x", 200_000)): nil,
		"* 1 FETCH (FLAGS (CAPABILITY) BODY[HEADER.FIELDS (DATE)] {3}\r\nabc)\r\n":                     nil,
		"* OK [ALERT] CAPABILITY (is) but a word\r\n":                                                  nil,
		"* OK [CAPABILITY (1 ID":                          errBadCaps,
		"* capability IMAP4rev1 (\r\n":                    errBadCaps,
		"T3 OK [CAPABILITY IMAP4rev1 (] hi":               errBadCaps,
		"* 1 FETCH (FLAGS ({70000}\r\n":                   errBadLiteral,
		"* 1 FETCH (BODY[] {99999999999999999999999}\r\n": errBadLiteral,
		strings.Repeat("* OK ", maxLine/5+1):              errEndlessLine,
	} {
		var w wire
		if err := w.scan([]byte(text)); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%.60q: %v, want %v", text, err, want)
		}
	}
}

// However the bytes of a server are cut into reads, they are let through or not.
func FuzzWire(f *testing.F) {
	f.Add([]byte("* OK [CAPABILITY IMAP4rev1 IDLE] (x)\r\n* 1 FETCH (BODY[] {3}\r\nabc)\r\n"), 3)
	f.Add([]byte("* CAPABILITY A B (\r\n"), 1)
	f.Add([]byte("* bye Server Unavailable. 15\r\n* BYE [ALERT] again {3}\r\nabc\r\n"), 2)
	f.Add([]byte("* 1 FETCH (X {70000}\r\n* OK {0}\r\n{1}\n"), 7)
	f.Fuzz(func(t *testing.T, data []byte, size int) {
		var whole, cut wire
		want := whole.scan(data)
		var got error
		for rest := data; len(rest) > 0 && got == nil; {
			n := min(len(rest), 1+max(0, size)%16)
			got = cut.scan(rest[:n])
			rest = rest[n:]
		}
		if got != want || cut.goodbye != whole.goodbye {
			t.Errorf("whole: %v and %q, cut: %v and %q", want, whole.goodbye, got, cut.goodbye)
		}
	})
}
