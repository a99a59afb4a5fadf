package message_test

import (
	"encoding/binary"
	"strings"
	"testing"

	"caseconsultant/mailin/message"
)

// unpackedRTF is RTF as a winmail.dat may hold it without compression.
func unpackedRTF(text string) []byte {
	out := make([]byte, 16)
	binary.LittleEndian.PutUint32(out, uint32(len(text)+12))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(text)))
	copy(out[8:], "MELA")
	return append(out, text...)
}

// BenchmarkRTF reads the two kinds of body that a winmail.dat of Outlook has.
func BenchmarkRTF(b *testing.B) {
	for name, body := range map[string]string{
		"Text": strings.TrimSuffix(rtfPlain, "}") + strings.Repeat(`{\b 31267} na\'efve \u8211?  Can it be billed with 31288 on the same day?\par\f1\fs20 \'e4\'e0\f0\par\trowd\cellx1 31297\cell dilation\cell\row`+"\r\n", 1000) + "}",
		"HTML": strings.TrimSuffix(rtfHTML, "}") + strings.Repeat(`{\*\htmltag64 <p class=MsoNormal>}\htmlrtf {\pard\plain\htmlrtf0 Can \htmlrtf {\b \htmlrtf0 {\*\htmltag84 <b>}31297{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0  be billed, na\'efve?\htmlrtf\par}\htmlrtf0`+"\r\n"+`{\*\htmltag72 </p>}`, 1000) + "}",
	} {
		raw := winmail("", newTNEF().message(prop{0x1009, 0x102, unpackedRTF(body)}))
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if m, err := message.Parse(strings.NewReader(raw), message.Options{}); err != nil || len(m.Text) < 10_000 {
					b.Fatal(err)
				}
			}
		})
	}
}
