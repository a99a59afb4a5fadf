package message_test

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"mime/quotedprintable"
	"strings"
	"testing"
)

// maker writes mails of random structure, well formed or broken as gateways break them, and notes what a reader must find in them.
type maker struct {
	*rand.Rand
	eol    string
	broken bool
	number int
	texts  []string // sentences that must be read
	files  int
}

// sentence makes a text that is found again.
func (m *maker) sentence() string {
	m.number++
	s := fmt.Sprintf("Question %d is about 31297.", m.number)
	m.texts = append(m.texts, s)
	return s
}

// leaf is a text part in one of its forms.
func (m *maker) leaf(s string, html bool) string {
	kind := "text/plain"
	if html {
		kind, s = "text/html", "<html><body><p>"+s+"</p></body></html>"
	}
	charset := []string{"; charset=utf-8", "; charset=\"UTF-8\"", ";charset=us-ascii", "; CHARSET=iso-8859-1; format=fixed"}[m.IntN(4)]
	var b strings.Builder
	b.WriteString("Content-Type: " + kind + charset + m.eol)
	switch m.IntN(3) {
	case 0:
		b.WriteString(m.eol + s + m.eol)
	case 1:
		b.WriteString("Content-Transfer-Encoding: base64" + m.eol + m.eol + base64.StdEncoding.EncodeToString([]byte(s)) + m.eol)
	default:
		b.WriteString("Content-Transfer-Encoding: quoted-printable" + m.eol + m.eol)
		w := quotedprintable.NewWriter(&b)
		_, _ = w.Write([]byte(s))
		_ = w.Close()
		b.WriteString(m.eol)
	}
	return b.String()
}

func (m *maker) file() string {
	m.files++
	return fmt.Sprintf("Content-Type: application/pdf; name=\"f%d.pdf\"%sContent-Transfer-Encoding: base64%sContent-Disposition: attachment%s%sJVBERi0xLjcK%s", m.files, m.eol, m.eol, m.eol, m.eol, m.eol)
}

// part is a part of any kind.
func (m *maker) part(depth int) string {
	switch n := m.IntN(10); {
	case n < 4 || depth > 4:
		return m.leaf(m.sentence(), m.IntN(2) == 0)
	case n == 4:
		s := m.sentence()
		return m.multi("alternative", m.leaf(s, false), m.leaf(s, true))
	case n == 5:
		return m.multi("related", m.leaf(m.sentence(), true), "Content-Type: image/png"+m.eol+"Content-ID: <i>"+m.eol+m.eol+"x"+m.eol)
	case n == 6:
		return m.multi("signed", m.part(depth+1), "Content-Type: application/pgp-signature"+m.eol+m.eol+"x"+m.eol)
	case n == 7:
		return "Content-Type: message/rfc822" + m.eol + m.eol + "From: a@b.example" + m.eol + "Subject: inner" + m.eol + m.part(depth+1)
	case n == 8:
		return m.file()
	}
	var parts []string
	for range 1 + m.IntN(3) {
		parts = append(parts, m.part(depth+1))
	}
	return m.multi([]string{"mixed", "mixed", "parallel", "x-unknown"}[m.IntN(4)], parts...)
}

func (m *maker) multi(kind string, parts ...string) string {
	m.number++
	boundary := fmt.Sprintf("----=_Part_%d_%d", m.number, m.IntN(1000))
	stated := boundary
	mark, end := "--"+boundary+m.eol, "--"+boundary+"--"+m.eol
	header := fmt.Sprintf("Content-Type: multipart/%s; boundary=%q%s", kind, stated, m.eol)
	first := ""
	if m.broken {
		switch m.IntN(9) {
		case 0: // never closed
			end = ""
		case 1: // spaces behind
			mark, end = "--"+boundary+"  "+m.eol, "--"+boundary+"-- "+m.eol
		case 2: // without quotes
			header = "Content-Type: multipart/" + kind + ";" + m.eol + "\tboundary=" + stated + m.eol
		case 3: // a boundary that is not used
			header = strings.Replace(header, stated, "other", 1)
		case 4: // something glued to the end
			end = "--" + boundary + "--checked" + m.eol
		case 5: // an empty line too much
			mark += m.eol
		case 6: // a wrong encoding stated
			header += "Content-Transfer-Encoding: quoted-printable" + m.eol
		case 7: // the first boundary line is damaged
			first = strings.Replace(mark, "Part", "Prt", 1)
		}
	}
	var b strings.Builder
	b.WriteString(header + m.eol)
	if m.IntN(2) == 0 {
		b.WriteString("This is a multi-part message in MIME format." + m.eol)
	}
	for i, p := range parts {
		if i == 0 && first != "" {
			b.WriteString(first + p)
			continue
		}
		b.WriteString(mark + p)
	}
	b.WriteString(end)
	if m.IntN(3) == 0 {
		b.WriteString(m.eol + "Nobody reads this." + m.eol)
	}
	return b.String()
}

// Whatever the structure of a mail is, and whatever a gateway has broken of it, all its texts are read, once, and all its files are listed.
func TestNoPartOfAnyStructureIsLost(t *testing.T) {
	t.Parallel()
	for _, broken := range []bool{false, true} {
		for seed := range uint64(4000) {
			m := &maker{Rand: rand.New(rand.NewPCG(seed, 7)), eol: []string{"\n", "\r\n"}[seed%2], broken: broken}
			raw := "From: lee@clinic.example" + m.eol + "Subject: x" + m.eol + "MIME-Version: 1.0" + m.eol + m.part(0)
			read := parse(t, raw)
			for _, s := range m.texts {
				if n := strings.Count(read.Text, s); n != 1 {
					t.Errorf("seed %d: %q stands %d times in the text\n%s\nof\n%s", seed, s, n, read.Text, raw)
				}
			}
			files := 0
			for _, a := range read.Attachments {
				if a.ContentType == "application/pdf" {
					files++
				}
			}
			if files != m.files {
				t.Errorf("seed %d: %d files of %d are listed\nof\n%s", seed, files, m.files, raw)
			}
			if !broken && len(read.Problems) > 2 && len(m.texts) > 0 { // no date, no Message-ID
				t.Errorf("seed %d: problems %q of a sound mail\n%s", seed, read.Problems, raw)
			}
			if t.Failed() {
				return
			}
		}
	}
}

// A mail that was cut on the way keeps every text that stands before the cut.
func TestCutMailKeepsWhatCame(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4000) {
		m := &maker{Rand: rand.New(rand.NewPCG(seed, 11)), eol: "\r\n", broken: seed%3 == 0}
		raw := "From: lee@clinic.example\r\nSubject: x\r\nMIME-Version: 1.0\r\n" + m.part(0)
		raw = raw[:m.IntN(len(raw))]
		read := parse(t, raw)
		for _, s := range m.texts {
			if strings.Contains(raw, s) && !strings.Contains(read.Text, s) {
				t.Fatalf("seed %d: %q is not in the text\n%s\nof\n%s", seed, s, read.Text, raw)
			}
		}
	}
}

// Whatever makes a reader look twice costs the same for each byte.
func TestHostilePartsAreReadInLinearTime(t *testing.T) {
	multi := "Content-Type: multipart/mixed; boundary=\"----=_Part_0123456789\"\n\n"
	for name, c := range map[string]struct{ before, piece string }{
		"GluedBoundaries":  {multi + "------=_Part_0123456789\n\n", "x------=_Part_0123456789\n\n"},
		"NearlyGlued":      {multi + "------=_Part_0123456789\n\n", "x-----=_Part_0123456789\n"},
		"GluedAfterFound":  {"Content-Type: multipart/mixed; boundary=x\n\n--other_boundary\n\n", "x--other_boundary\n"},
		"WrongBoundary":    {multi, "--other_boundary\n\n"},
		"PreambleMarks":    {"Content-Type: multipart/mixed; boundary=x\n\n", "--a\nb\n"},
		"BlankLines":       {multi, "------=_Part_0123456789\n\n\n\n"},
		"Doubled":          {"From: a\n\nTo: b\n\nSubject: x\n\n\n\n", "a line of text\n\n"},
		"LostStructure":    {"\n--b\nContent-Type: text/plain\n\n", "--b\nContent-Type: text/plain\n\nx\n"},
		"Base64Within":     {"Content-Transfer-Encoding: base64\n\nprose first\n", "U2l4IHdvcmRzIG9mIHRleHQgaGVyZS4u\nx y\n"},
		"QuotedPrintable":  {"\n", "a=3D=\n"},
		"Uuencoded":        {"\n", "begin 644 a\n#86)C\n#86)C\n#86)C\n"},
		"UuencodedBegins":  {"\n", "begin 644 a\n"},
		"Twice":            {"Content-Type: text/plain; charset=utf-8\n\n", "\u00c3\u00a9"},
		"Plus":             {"Subject: x\n\n", "+AGE-"},
		"High":             {"\n", "\xe9 \xcf\xf0\n"},
		"Zeros":            {"Subject: x\n\n", "a\x00"},
		"Escapes":          {"Subject: x\n\n", "\x1b$B~"},
		"Calendar":         {"Content-Type: text/calendar\n\n", "BEGIN:VEVENT\nSUMMARY:x\n y\nEND:VEVENT\n"},
		"CalendarOpen":     {"Content-Type: text/calendar\n\n", "BEGIN:VEVENT\nSUMMARY:x\n"},
		"RTF":              {"Content-Type: text/rtf\n\n{\\rtf1 ", "{\\f1\\'e9\\u233 ?}"},
		"RTFGroups":        {"Content-Type: text/rtf\n\n{\\rtf1 ", "{"},
		"PlainPage":        {"\n", "<br>a\n"},
		"Mbox":             {"From a@b Thu\nFrom: a\n\n", ">From x\n"},
		"Joiners":          {"Content-Type: text/plain; charset=utf-8\n\n", "a\u200d\u200e\u00a0"},
		"SameTexts":        {multi, "------=_Part_0123456789\nContent-Type: text/html\n\n<p>the same text each time</p>\n"},
		"RelatedTexts":     {"Content-Type: multipart/related; boundary=b\n\n", "--b\nContent-Type: text/html\n\n<p>one more text</p>\n"},
		"AlternativeTexts": {"Content-Type: multipart/alternative; boundary=b\n\n", "--b\n\nanother text\n"},
	} {
		growsLinearly(t, name, 60<<10, func(size int) string {
			return c.before + strings.Repeat(c.piece, size/len(c.piece)) + "--other_boundary\nContent-Type: text/plain\n\nx\n"
		})
	}
}
