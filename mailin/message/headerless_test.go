package message

import (
	"strings"
	"testing"
)

// A file without a mail's header is all text, though the header of a part stands in it; junk above a real header is junk.
func TestATextWithoutAHeader(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ raw, text, subject string }{
		"PartBelow":     {"\r\n31297 is payable with 31288?\r\n--x\r\nContent-Type: text/plain\r\n\r\nx\r\n", "31297 is payable", ""},
		"PartBelowLong": {"\r\n" + strings.Repeat("31297 ", 20_000) + "\r\n--x\r\nContent-Type: text/plain\r\n\r\nx\r\n", strings.Repeat("31297 ", 1000), ""},
		"JunkAbove":     {"+OK message follows\r\nFrom: a@b.example\r\nSubject: question\r\n\r\nIs 31297 payable?\r\n", "Is 31297 payable?", "question"},
	} {
		m, err := Parse(strings.NewReader(c.raw), Options{})
		if err != nil || !strings.Contains(m.Text, c.text) || m.Subject != c.subject {
			t.Errorf("%s: subject %q, %d bytes of text %.60q, %v", name, m.Subject, len(m.Text), m.Text, err)
		}
	}
}
