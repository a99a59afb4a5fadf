package message_test

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"caseconsultant/mailin/message"
)

// tnef writes a winmail.dat as Outlook and Exchange do: attributes with their checksums, properties padded to four bytes.
type tnef struct{ bytes.Buffer }

func newTNEF() *tnef {
	t := &tnef{}
	t.Write([]byte{0x78, 0x9f, 0x3e, 0x22, 0x01, 0x00})
	t.attribute(1, 0x00089006, []byte{0, 0, 1, 0})
	t.attribute(1, 0x00069007, []byte{0xe4, 0x04, 0, 0, 0, 0, 0, 0}) // windows-1252
	t.attribute(1, 0x00078008, []byte("IPM.Microsoft Mail.Note\x00"))
	return t
}

func (t *tnef) attribute(level byte, id uint32, data []byte) *tnef {
	t.WriteByte(level)
	_ = binary.Write(t, binary.LittleEndian, id)
	_ = binary.Write(t, binary.LittleEndian, uint32(len(data)))
	t.Write(data)
	sum := uint16(0)
	for _, c := range data {
		sum += uint16(c)
	}
	_ = binary.Write(t, binary.LittleEndian, sum)
	return t
}

// prop is one property; value is a string (by its kind 0x1e or 0x1f), bytes, or a number.
type prop struct {
	id, kind uint16
	value    any
}

func props(list ...prop) []byte {
	var b bytes.Buffer
	put := func(v any) { _ = binary.Write(&b, binary.LittleEndian, v) }
	put(uint32(len(list)))
	for _, p := range list {
		put(p.kind)
		put(p.id)
		if p.id >= 0x8000 { // a named one, as Exchange adds them by the dozen
			b.Write(make([]byte, 16))
			put(uint32(1))
			put(uint32(6))
			b.Write([]byte{'x', 0, 'y', 0, 0, 0, 0, 0})
		}
		switch v := p.value.(type) {
		case string:
			raw := append([]byte(v), 0)
			if p.kind == 0x1f {
				raw = utf16le(v + "\x00")
			}
			put(uint32(1))
			put(uint32(len(raw)))
			b.Write(append(raw, make([]byte, (4-len(raw)%4)%4)...))
		case []byte:
			put(uint32(1))
			put(uint32(len(v)))
			b.Write(append(slices.Clone(v), make([]byte, (4-len(v)%4)%4)...))
		default:
			put(v)
		}
	}
	return b.Bytes()
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func (t *tnef) message(list ...prop) *tnef { return t.attribute(1, 0x00069003, props(list...)) }

// file adds an attachment in Outlook's order: its place, its short name, its bytes, and then what it is really called.
func (t *tnef) file(short string, data []byte, list ...prop) *tnef {
	t.attribute(2, 0x00069002, make([]byte, 14))
	t.attribute(2, 0x00018010, append([]byte(short), 0))
	if data != nil {
		t.attribute(2, 0x0006800f, data)
	}
	return t.attribute(2, 0x00069005, props(list...))
}

// compressRTF compresses as far as a test needs: with a reference into the dictionary wherever three bytes or more repeat.
func compressRTF(text string) []byte {
	const start = `{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0` + "\r\n" +
		`\par \pard\plain\f0\fs20\b\i\u\tab\tx`
	dict := start
	var body, group []byte
	flags, n := byte(0), 0
	emit := func(bit byte, b ...byte) {
		flags |= bit << n
		group = append(group, b...)
		if n++; n == 8 {
			body = append(append(body, flags), group...)
			flags, n, group = 0, 0, nil
		}
	}
	for i := 0; i < len(text); {
		size, from := 0, 0
		for l := min(17, len(text)-i); l >= 3 && len(dict) < 4096; l-- {
			if at := strings.Index(dict, text[i:i+l]); at >= 0 {
				size, from = l, at
				break
			}
		}
		if size > 0 {
			emit(1, byte(from>>4), byte(from<<4)|byte(size-2))
			dict += text[i : i+size]
			i += size
			continue
		}
		emit(0, text[i])
		dict += text[i : i+1]
		i++
	}
	emit(1, byte(len(dict)%4096>>4), byte(len(dict)%4096<<4))
	if n > 0 {
		body = append(append(body, flags), group...)
	}
	out := make([]byte, 16)
	binary.LittleEndian.PutUint32(out, uint32(len(body)+12))
	binary.LittleEndian.PutUint32(out[4:], uint32(len(text)))
	copy(out[8:], "LZFu")
	return append(out, body...)
}

// winmail is a mail with a text, if there is one, and a winmail.dat.
func winmail(text string, t *tnef) string {
	lines := append(head("Content-Type: multipart/mixed; boundary=b"), "")
	if text != "" {
		lines = append(lines, "--b", "Content-Type: text/plain", "", text)
	}
	return mail(append(lines, "--b", "Content-Type: application/ms-tnef; name=winmail.dat", "Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename=winmail.dat", "",
		base64.StdEncoding.EncodeToString(t.Bytes()), "--b--")...)
}

const (
	rtfPlain = `{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0\fswiss\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}}{\colortbl;\red0\green0\blue0;}{\*\generator Riched20;}` +
		"\r\n" + `\pard\f0\fs20 Is 31297 payable with 31288?\par Zo\'eb \endash  \u8364?5, {\f1 \'e4\'e0}\par{\pict\wmetafile8 0100}\trowd 99213\cell 25\cell\row}`
	rtfHTML = `{\rtf1\ansi\ansicpg1252\fromhtml1 \deff0{\fonttbl{\f0 Arial;}}{\*\htmltag18 <html>}{\*\htmltag50 <body>}{\*\htmltag64 <p>}\htmlrtf {\htmlrtf0 Is 31297 payable &amp; ` +
		`not bundled?\htmlrtf\par}\htmlrtf0 {\*\htmltag72 </p>}{\*\htmltag64 <p style="color:\'e9">}Zo\'eb{\*\htmltag72 </p>}{\*\htmltag58 </body>}{\*\htmltag27 </html>}}`
)

// A winmail.dat is unpacked: its text where the mail has no other, its files under their long names, the mails in it as forwards.
func TestWinmail(t *testing.T) {
	t.Parallel()
	note := []byte("%PDF-1.7 note")
	pdf := func(t *tnef) *tnef {
		return t.file("OPNOTE~1.PDF", note, prop{0x3707, 0x1f, "Op note – März 2026.pdf"}, prop{0x370e, 0x1e, "application/pdf"}, prop{0x8001, 0x1e, "x"})
	}
	inner := newTNEF().message(prop{0x0037, 0x1f, "Denial of 31297"}, prop{0x0042, 0x1f, "Pat Example"}, prop{0x5d02, 0x1f, "pat@payer.example"}, prop{0x1000, 0x1f, "31297 was denied, CO-97.\r\n"},
		prop{0x0039, 0x40, uint64((1776340000 + 11644473600) * 10_000_000)})
	pdf(inner)
	embedded := append([]byte{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}, inner.Bytes()...)
	for name, c := range map[string]struct {
		raw, text string
		files     []string
		html      bool
		problem   string
	}{
		"OwnTextWins":    {winmail("Is 31297 ok?", pdf(newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?\r\n"}))), "Is 31297 ok?", []string{"Op note – März 2026.pdf application/pdf"}, false, ""},
		"OnlyWinmail":    {winmail("", pdf(newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?\r\nZoë\r\n"}))), "Is 31297 ok?\nZoë", []string{"Op note – März 2026.pdf application/pdf"}, false, ""},
		"OwnTextIsEmpty": {winmail(" ", newTNEF().message(prop{0x1000, 0x1e, "Is 31297 ok for Zo\xeb?\r\n"})), "Is 31297 ok for Zoë?", nil, false, ""},
		"OwnTextIsAStub": {winmail("See HTML.", newTNEF().message(prop{0x1013, 0x102, []byte("<p>Is 31297 payable with 31288 on the same day, or is it bundled?</p>")})), "Is 31297 payable with 31288 on the same day, or is it bundled?", nil, true, ""},
		"HTML":           {winmail("", newTNEF().message(prop{0x3fde, 3, uint32(65001)}, prop{0x1013, 0x102, []byte("<p>Is 31297 ok?</p><p>Zoë</p>")})), "Is 31297 ok?\n\nZoë", nil, true, ""},
		"HTMLCyrillic":   {winmail("", newTNEF().message(prop{0x3fde, 3, uint32(1251)}, prop{0x1013, 0x102, []byte("<p>\xca\xee\xe4 31297</p>")})), "Код 31297", nil, true, ""},
		"RTF":            {winmail("", newTNEF().message(prop{0x1009, 0x102, compressRTF(rtfPlain)})), "Is 31297 payable with 31288?\nZoë – €5, да\n99213  25", nil, false, ""},
		"RTFOfHTML":      {winmail("", newTNEF().message(prop{0x1009, 0x102, compressRTF(rtfHTML)})), "Is 31297 payable & not bundled?\n\nZoë", nil, true, ""},
		"RTFNotPacked":   {winmail("", newTNEF().message(prop{0x1009, 0x102, append([]byte("\x20\x00\x00\x00\x40\x00\x00\x00MELA\x00\x00\x00\x00"), `{\rtf1 Is 31297 ok?}`+strings.Repeat(" ", 45)...)})), "Is 31297 ok?", nil, false, ""},
		"OldBody":        {winmail("", newTNEF().attribute(1, 0x0002800c, []byte("Is 31297 ok?\x00"))), "Is 31297 ok?", nil, false, ""},
		"Embedded": {winmail("Why?", newTNEF().message(prop{0x1000, 0x1f, "Why?"}).file("Denial", nil, prop{0x3701, 0x0d, embedded})),
			"Why?\n\n---------- Forwarded message ----------\nFrom: Pat Example <pat@payer.example>\nDate: Thu, 16 Apr 2026 11:46:40 +0000\nSubject: Denial of 31297\n\n31297 was denied, CO-97.",
			[]string{"Op note – März 2026.pdf application/pdf"}, false, ""},
		"DataInProps": {winmail("x", newTNEF().file("a.pdf", nil, prop{0x3707, 0x1f, "note.pdf"}, prop{0x3701, 0x102, note})), "x", []string{"note.pdf application/octet-stream"}, false, ""},
		"OleObject":   {winmail("x", newTNEF().file("a.xls", nil, prop{0x3701, 0x0d, append(make([]byte, 16), note...)})), "x", []string{"a.xls application/octet-stream"}, false, ""},
		"Cut":         {winmail("", &tnef{*bytes.NewBuffer(pdf(newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?\r\n"})).Bytes()[:200])}), "Is 31297 ok?", []string{"OPNOTE~1.PDF application/octet-stream"}, false, "damaged"},
		"Garbage":     {winmail("x", &tnef{*bytes.NewBufferString("\x78\x9f\x3e\x22garbage and more of it")}), "x", []string{"winmail.dat application/ms-tnef"}, false, "could not be opened"},
		"Encrypted":   {winmail("", newTNEF().message(prop{0x001a, 0x1e, "IPM.Note.SMIME"}).attribute(1, 0x00078008, []byte("IPM.Note.SMIME\x00")).file("smime.p7m", note)), "", []string{"smime.p7m application/pkcs7-mime"}, false, ""},
		"Signed": {winmail("", newTNEF().attribute(1, 0x00078008, []byte("IPM.Note.SMIME.MultipartSigned\x00")).file("smime.p7m", []byte("Content-Type: multipart/signed; boundary=s; protocol=\"application/pkcs7-signature\"\r\n\r\n--s\r\n"+
			"Content-Type: text/plain\r\n\r\nIs 31297 ok?\r\n--s\r\nContent-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\n%PDF-1.7 note\r\n--s--\r\n"))), "Is 31297 ok?", []string{"smime.p7s application/pkcs7-signature"}, false, ""},
		"OtherName": {strings.ReplaceAll(winmail("", pdf(newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?"}))), "application/ms-tnef; name=winmail.dat", "application/octet-stream; name=ATT00001.dat"), "Is 31297 ok?", []string{"Op note – März 2026.pdf application/pdf"}, false, ""},
		"Alone":     {strings.Replace(mail(append(head("Content-Type: application/ms-tnef", "Content-Transfer-Encoding: binary"), "")...)+newTNEF().message(prop{0x1000, 0x1f, "Is 31297 ok?"}).String(), "", "", 1), "Is 31297 ok?", nil, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var files []string
			m, err := message.Parse(strings.NewReader(c.raw), message.Options{Attachment: func(a *message.Attachment, r io.Reader) error {
				b, err := io.ReadAll(r)
				if name != "Garbage" && name != "Cut" && !bytes.Equal(b, note) {
					t.Errorf("file %q holds %q", a.Filename, b)
				}
				return err
			}})
			if err != nil {
				t.Fatal(err)
			}
			hold(t, m)
			for _, a := range m.Attachments {
				files = append(files, a.Filename+" "+a.ContentType)
			}
			if got := strings.TrimSpace(m.Text); got != c.text {
				t.Errorf("text\n%s\nwant\n%s\n(problems %q)", got, c.text, m.Problems)
			}
			if !slices.Equal(files, c.files) {
				t.Errorf("files %q, want %q", files, c.files)
			}
			if name == "Cut" && !m.Attachments[0].Truncated {
				t.Errorf("a file that ends early: %+v", m.Attachments[0])
			}
			if (m.HTML != "") != c.html {
				t.Errorf("HTML %q", m.HTML)
			}
			if c.problem != "" && !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
				t.Errorf("problems %q, want one with %q", m.Problems, c.problem)
			}
			if (name == "Encrypted") != (m.Encrypted == "smime") {
				t.Errorf("encrypted %q", m.Encrypted)
			}
		})
	}
}

// A large file is handed on while it passes, and still listed under its long name, which comes after it.
func TestWinmailOfALargeFile(t *testing.T) {
	t.Parallel()
	large := bytes.Repeat([]byte("0123456789abcdef"), 400<<10)
	var got int64
	m, err := message.Parse(strings.NewReader(winmail("x", newTNEF().file("SCAN~1.PDF", large, prop{0x3707, 0x1f, "scan of the note.pdf"}).file("b.txt", []byte("b")))), message.Options{Attachment: func(a *message.Attachment, r io.Reader) error {
		n, err := io.Copy(io.Discard, r)
		got += n
		return err
	}})
	if err != nil || got != int64(len(large))+1 || len(m.Attachments) != 2 || m.Attachments[0].Filename != "scan of the note.pdf" || m.Attachments[0].Size != int64(len(large)) {
		t.Errorf("%d bytes, %+v, %v", got, m.Attachments, err)
	}
}

// What is made to exhaust the reader ends at the limits.
func TestHostileWinmail(t *testing.T) {
	nested := newTNEF().message(prop{0x1000, 0x1e, "deep"})
	for range 60 {
		nested = newTNEF().file("x", nil, prop{0x3701, 0x0d, append([]byte{0x07, 0x03, 0x02, 0, 0, 0, 0, 0, 0xc0, 0, 0, 0, 0, 0, 0, 0x46}, nested.Bytes()...)})
	}
	many := newTNEF()
	for i := range 5000 {
		many.file(fmt.Sprint(i), []byte("x"))
	}
	huge := newTNEF()
	huge.Write([]byte{1, 0x03, 0x90, 6, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	bomb := compressRTF(`{\rtf1 ` + strings.Repeat("a", 3000))
	binary.LittleEndian.PutUint32(bomb[4:], 1<<31)
	for range 200_000 {
		bomb = append(bomb, 0xff)
		for k := range 8 {
			bomb = append(bomb, byte(k), 0xff)
		}
	}
	for name, file := range map[string]*tnef{
		"Nested": nested, "Many": many, "Huge": huge, "Bomb": newTNEF().message(prop{0x1009, 0x102, bomb}),
		"Groups": newTNEF().message(prop{0x1009, 0x102, append([]byte("\x20\x00\x00\x00\x00\x00\x20\x00MELA\x00\x00\x00\x00"), bytes.Repeat([]byte("{"), 2<<20)...)}),
		"Words":  newTNEF().message(prop{0x1009, 0x102, append([]byte("\x20\x00\x00\x00\x00\x00\x20\x00MELA\x00\x00\x00\x00"), bytes.Repeat([]byte(`\f1\'e9`), 300<<10)...)}),
	} {
		m := parse(t, winmail("", file))
		if len(m.Attachments) > 500 || len(m.Text) > 5<<20 {
			t.Errorf("%s: %d attachments, %d bytes of text", name, len(m.Attachments), len(m.Text))
		}
	}
}
