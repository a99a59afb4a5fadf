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

// A body in RTF is laid out as mails are, and what stands beside its text comes behind it.
func TestRTFBodies(t *testing.T) {
	t.Parallel()
	const fonts = `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Arial;}{\f1\fcharset2 Wingdings;}{\f2\fcharset255 Terminal;}}`
	for name, c := range map[string]struct{ body, want string }{
		"Rows":       {fonts + `Codes:\par\trowd\cellx1 31297\cell dilation\cell\row\trowd 31288\cell debridement\cell\row\pard right\par}`, "Codes:\n31297  dilation\n31288  debridement\nright"},
		"Notes":      {fonts + `Billed{\super\chftn{\footnote right side}} 31267{\*\annotation is 59 right?}\par{\footer Page one}}`, "Billed[1] 31267\n\n[1] right side\n\nComment: is 59 right?\n\nPage one"},
		"Boxes":      {fonts + `{\f1\'fe} right {\f1\'a8} left {\field{\*\fldinst FORMCHECKBOX {\*\formfield{\fftype1\ffres1}}}{\fldrslt }} both}`, "[x] right [ ] left [x] both"},
		"Header":     {fonts + `{\header Example Clinic\par}Is 31297 ok?{\shp{\*\shpinst{\shptxt In a box\par}}}}`, "Example Clinic\nIs 31297 ok?\nIn a box"},
		"OldFont":    {fonts + `{\f2 \'82t\'82}}`, "été"},
		"Embedded":   {fonts + `{\object{\*\objdata 0102}{\result 31297}}}`, "31297"},
		"Unicode":    {fonts + `\u128512? a\u-10179?b 3129\u55\par 31288}`, "😀 a\uFFFDb 31297\n31288"},
		"RawUTF8":    {fonts + "caf\u00e9 31297}", "café 31297"},
		"Damaged":    {fonts + `{31297\'}{\b{\i cut`, "31297cut"},
		"Deep":       {`{\rtf1 ` + strings.Repeat(`{\b `, 30_000) + "31297" + strings.Repeat("}", 30_000) + "}", "31297"},
		"HTMLInRTF":  {rtfHTML, "Is 31297 payable & not bundled?\n\nZoë"},
		"LessInHTML": {`{\rtf1\ansi\fromhtml1{\*\htmltag64 <p>}Is 31297 <b 2?\htmlrtf x{\*\htmltag84 <br>}\htmlrtf0 no{\*\htmltag72 </p>}}`, "Is 31297 <b 2?\nno"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			html := strings.Contains(c.body, "fromhtml")
			for how, raw := range map[string]string{
				"winmail.dat": winmail("", newTNEF().message(prop{0x1009, 0x102, unpackedRTF(c.body)})),
				"text/rtf":    mail(append(head("Content-Type: text/rtf", "Content-Transfer-Encoding: binary"), "", c.body)...),
			} {
				m := parse(t, raw)
				if got := strings.TrimSpace(m.Text); got != c.want || (m.HTML != "") != html {
					t.Errorf("%s: text %q\nwant %q\nHTML %q", how, got, c.want, m.HTML)
				}
			}
		})
	}
}
