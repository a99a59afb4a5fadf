package document

import (
	"strings"
	"testing"
)

// BenchmarkRTF reads long files: a note with tables, and a page that Outlook has wrapped.
func BenchmarkRTF(b *testing.B) {
	for name, content := range map[string]string{
		"Text": rtfHead + strings.Repeat(`{\b 31267} na\'efve \u8211?  Can it be billed with 31288 on the same day?\par\f1\fs20 \'e4\'e0\f0\par\trowd\cellx1 31297\cell dilation\cell\row`+"\r\n", 1000) + "}",
		"HTML": `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}` + strings.Repeat(`{\*\htmltag64 <p class=MsoNormal>}\htmlrtf {\pard\plain\htmlrtf0 Can \htmlrtf {\b \htmlrtf0 {\*\htmltag84 <b>}31297{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  be billed, na\'efve?\htmlrtf\par}\htmlrtf0`+"\r\n"+`{\*\htmltag72 </p>}`, 1000) + "}",
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(content)))
			b.ReportAllocs()
			for b.Loop() {
				if got := reading(b, []byte(content), Hint{}, Limits{}); len(got.problems) > 0 || got.all.Len() < 10_000 {
					b.Fatal(got.problems)
				}
			}
		})
	}
}
