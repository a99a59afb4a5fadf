package message_test

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// What stands first in a page is read, whatever follows it.
func FuzzHTML(f *testing.F) {
	for _, seed := range []string{"<p>a</p>", "<style>.a{display:none}</style><p class=a>x", "<table><tr><td>a<td>b</table>", "<ol type=i start=3><li value=9>x", "<pre>a\n b</pre>", "<xml>x</xml></xml>", "<!--[if mso]>x<![endif]-->",
		"<blockquote type=cite>a<blockquote>b</blockquote></blockquote>", `<a href="https://nam02.safelinks.protection.outlook.com/?url=https%3A%2F%2Fx.example">y</a>`, "<div style='height:0;overflow:hidden'>x</div>", "&amp &#0; &#x110000; \u200e\u2011",
		"<title>x", "<script>", "<plaintext>", "<select><option>a<option>b", "<img alt='😀'><input value=x><input type=checkbox>"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, page string) {
		if strings.ContainsRune(page, 0) {
			return // it may be another charset then
		}
		m := parse(t, "From: a@b.example\nContent-Type: text/html; charset=utf-8\n\n<p>The 31297 question.</p>"+page)
		if !strings.Contains(m.Text, "The 31297 question.") {
			t.Errorf("the beginning of the page is not in the text %q", m.Text)
		}
	})
}

// A winmail.dat of any bytes yields a usable message, and its attachments are what was handed on.
func FuzzTNEF(f *testing.F) {
	f.Add(newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?"}, prop{0x1009, 0x102, compressRTF(rtfPlain)}).file("A.PDF", []byte("x"), prop{0x3707, 0x1f, "a long name.pdf"}).Bytes())
	f.Add(newTNEF().message(prop{0x1013, 0x102, []byte("<p>x</p>")}, prop{0x1009, 0x102, compressRTF(rtfHTML)}, prop{0x8001, 0x1e, "x"}).Bytes())
	f.Add(newTNEF().file("m", nil, prop{0x3701, 0x0d, append([]byte{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}, newTNEF().message(prop{0x0037, 0x1f, "inner"}, prop{0x1000, 0x1e, "deep"}).Bytes()...)}).Bytes())
	f.Fuzz(func(t *testing.T, file []byte) {
		raw := append([]byte("From: a@b.example\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: binary\n\n"), file...)
		var sizes []int64
		m, err := message.Parse(bytes.NewReader(raw), message.Options{Limits: message.Limits{Parts: 20, Depth: 4, TextBytes: 64 << 10}, Attachment: func(_ *message.Attachment, r io.Reader) error {
			n, err := io.Copy(io.Discard, r)
			sizes = append(sizes, n)
			return err
		}})
		if err != nil {
			t.Fatal(err)
		}
		hold(t, m)
		if len(m.Attachments) < len(sizes) || len(m.Text) > 1<<20 {
			t.Errorf("%d attachments listed, %d handed on, %d bytes of text", len(m.Attachments), len(sizes), len(m.Text))
		}
	})
}

// RTF of any bytes, and text of any bytes without a label, are read as valid text.
func FuzzSpareTexts(f *testing.F) {
	f.Add("application/rtf", []byte(rtfPlain))
	f.Add("text/rtf", []byte(rtfHTML))
	f.Add("text/calendar", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:x\nDTSTART;TZID=\"a:b\":20260416T090000\nEND:VEVENT\nEND:VCALENDAR"))
	f.Add("text/plain", []byte("\xcf\xf0\xe8\xe2\xe5\xf2"))
	f.Add("text/plain", []byte("a\x00b\x00c\x00d\x00"))
	f.Add("text/csv", []byte("\x1b$B4A;z\x1b(B"))
	f.Add("text/plain", []byte("+AGE-+AOk-"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		if strings.ContainsAny(kind, "\r\n") {
			return
		}
		parse(t, "From: a@b.example\nContent-Type: "+kind+"\nContent-Transfer-Encoding: binary\n\n"+string(body))
	})
}
