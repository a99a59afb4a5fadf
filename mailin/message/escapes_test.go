package message

import (
	"strings"
	"testing"

	"golang.org/x/text/encoding/japanese"
)

// Escapes show Japanese mail whatever its label says; the colours of a terminal's log are none.
func TestEscapesAreBelievedBeforeLabels(t *testing.T) {
	t.Parallel()
	const text = "同じ日に31297と31288を請求できますか。"
	encoded, err := japanese.ISO2022JP.NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, label := range []string{"", "us-ascii", "utf-8", "iso-8859-1", "windows-1252", "iso-2022-jp", "x-unknown"} {
		m, err := Parse(strings.NewReader("From: a@b.example\r\nContent-Type: text/plain; charset="+label+"\r\n\r\n"+encoded+"\r\n"), Options{})
		if err != nil || !strings.Contains(m.Text, text) {
			t.Errorf("labelled %q: %q, %v", label, m.Text, err)
		}
	}
	m, err := Parse(strings.NewReader("From: a@b.example\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n\x1b[31m31297 denied\x1b[0m\r\n"), Options{})
	if err != nil || !strings.Contains(m.Text, "31297 denied") {
		t.Errorf("coloured: %q, %v", m.Text, err)
	}
}
