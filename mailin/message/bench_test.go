package message_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// BenchmarkKinds says what each kind of mail costs for each byte.
func BenchmarkKinds(b *testing.B) {
	line := "Can 31297-50 be billed with 31288 on the same day? The payer says no.\r\n"
	page := "<html><head><style>.x{display:none} p.MsoNormal{margin:0}</style></head><body>" + strings.Repeat(`<p class=MsoNormal style="margin:0in">Can <b>31297-50</b> be billed with <a href="https://payer.example/p?x=1&utm_source=y">31288</a>?<o:p></o:p></p><table><tr><td>31297</td><td>50</td><td>$1,200</td></tr></table>`, 400) + "</body></html>"
	for name, raw := range map[string]string{
		"Plain":      mail(append(head("Content-Type: text/plain; charset=utf-8"), "", strings.Repeat(line, 1500))...),
		"HTML":       mail(append(head("Content-Type: text/html; charset=utf-8"), "", page)...),
		"Base64":     mail(append(head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"), "", wrapped(base64.StdEncoding.EncodeToString([]byte(strings.Repeat(line, 1500)))))...),
		"Attachment": mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "See file.", "--b", "Content-Type: application/pdf", "Content-Transfer-Encoding: base64", "", wrapped(base64.StdEncoding.EncodeToString(make([]byte, 2<<20))), "--b--")...),
		"NoLabel":    mail(append(head(), "", strings.Repeat("\xcc\xee\xe6\xed\xee \xeb\xe8 \xee\xef\xeb\xe0\xf2\xe8\xf2\xfc 31297 \xe2\xec\xe5\xf1\xf2\xe5 \xf1 31288?\r\n", 1500))...),
		"Winmail":    winmail("", newTNEF().message(prop{0x1009, 0x102, compressRTF(rtfPlain)}).file("a.pdf", make([]byte, 512<<10), prop{0x3707, 0x1f, "a long name.pdf"})),
		"Header":     mail(append(head(strings.Repeat("Received: from a.example (a.example [192.0.2.1]) by b.example with ESMTPS id x;\r\n\tThu, 16 Apr 2026 09:00:00 -0400\r\n", 200)+"X-End: 1"), "", "Is 31297 ok?")...),
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := message.Parse(strings.NewReader(raw), message.Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// wrapped puts base64 on lines of 76 characters.
func wrapped(s string) string {
	var b strings.Builder
	for len(s) > 76 {
		b.WriteString(s[:76] + "\r\n")
		s = s[76:]
	}
	return b.String() + s
}
