package message_test

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/message"
)

// A header block as long as the limit allows costs the same for each byte, whatever it is made of.
func TestHostileHeadersAreReadInLinearTime(t *testing.T) {
	for name, c := range map[string]struct{ before, piece, after string }{
		"Folds":              {"Subject: x", "\n a", ""},
		"Words":              {"Subject: ", "=?a?q?", `"`},
		"WordsOpen":          {"Subject: ", "=?utf-8?b?", ""},
		"WordsClosed":        {"Subject: ", "=?utf-8?b?YQ==?= ", ""},
		"Comments":           {"To: ", "(", ""},
		"CommentsAt":         {"To: a@b.example", "(", ")"},
		"Quotes":             {"To: ", `"a`, ""},
		"Escapes":            {"To: ", `"\`, ""},
		"Angles":             {"To: ", "<", ""},
		"AnglesCommas":       {"To: ", "<,", ""},
		"Colons":             {"To: a", ":", "@"},
		"Addresses":          {"To: ", "a@b.example, ", ""},
		"Groups":             {"To: ", "g:", ""},
		"At":                 {"From: ", "@", ""},
		"Spaces":             {"From: a@b", " .", ""},
		"Parameters":         {"Content-Type: text/plain; ", "a=b ", ""},
		"ParametersQuoted":   {"Content-Type: text/plain; ", `a="b`, ""},
		"ParametersOpen":     {"Content-Type: text/plain; ", `a="b\" ;`, ""},
		"ParametersStarred":  {"Content-Disposition: attachment; ", "filename*0*=a;", ""},
		"ParametersStars":    {"Content-Disposition: attachment; ", "f*=", ""},
		"ParametersParens":   {"Content-Type: text/plain; ", "a=() ", ""},
		"ParametersComments": {"Content-Type: text/plain; ", "a=(", ""},
		"IDs":                {"References: ", "<a@b>", ""},
		"IDsOpen":            {"References: ", "a@b ", ""},
		"IDsMany":            {"X: 1", "\nReferences: <%d@b>", ""},
		"Fields":             {"X: 1", "\nTo: a@b", ""},
		"FieldsCc":           {"X: 1", "\nCc: \"", ""},
		"Junk":               {"X: 1\n", "a\n", "To: b"},
		"CRs":                {"Subject: x", "\ra", ""},
		"Marks":              {"Content-Type: multipart/mixed; boundary=x\nX: 1\n", "--a\n", "To: b"},
		"Boundaries":         {"Content-Type: multipart/mixed; boundary=x\n", "boundary=\n--a\n", "To: b"},
		"Date":               {"Date: ", "1 ", ""},
		"DateJan":            {"Date: ", "jan 1:1 ", ""},
		"DateComments":       {"Date: ", "((", ""},
		"High":               {"Subject: ", "\xe9", ""},
	} {
		growsLinearly(t, name, 30<<10, func(size int) string {
			var b strings.Builder
			b.WriteString("MIME-Version: 1.0\n" + c.before)
			for i, end := 0, b.Len()+size; b.Len() < end; i++ {
				b.WriteString(strings.ReplaceAll(c.piece, "%d", strconv.Itoa(i)))
			}
			return b.String() + c.after + "\n\ntext\n"
		})
	}
}

// growsLinearly holds that a mail eight times as long takes about eight times as long; a quadratic reading takes sixty-four times as long. It compares
// the best of several readings of both, and reads again while they differ too much: machines, the race detector and what else runs beside make a
// reading slower, never faster than it is.
func growsLinearly(t *testing.T, name string, size int, raw func(size int) string) {
	t.Helper()
	took := func(raw string) time.Duration {
		var m *message.Message
		var err error
		took := cpuTime(func() { m, err = message.Parse(strings.NewReader(raw), message.Options{}) })
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		hold(t, m)
		return took
	}
	if testing.Short() {
		size /= 4 // the full run sees slighter faults
	}
	small, large := raw(size), raw(8*size)
	took(small) // what is made at first use is no part of it
	a, b := took(small), took(large)
	for round := 0; b >= 24*a; round++ {
		if round == 20 {
			t.Errorf("%s: %d KB took %s at best, %d KB took %s", name, len(small)>>10, a, len(large)>>10, b)
			return
		}
		a, b = min(a, took(small)), min(b, took(large))
	}
}

func clockTime(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// Structures made to exhaust a reader end at the limits.
func TestHostileStructures(t *testing.T) {
	var nested strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&nested, "Content-Type: message/rfc822\n\nFrom: a%d@b.example\n", i)
	}
	var wide strings.Builder
	wide.WriteString("Content-Type: multipart/mixed; boundary=b\n\n")
	for range 10_000 {
		wide.WriteString("--b\nContent-Type: message/rfc822\n\nSubject: x\n\ny\n")
	}
	for name, raw := range map[string]string{
		"MailsInMails":     nested.String() + "\nend\n",
		"TenThousandMails": wide.String() + "--b--\n",
		"Prefixes":         "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b", 1<<19) + "\n",
		"Closings":         "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b--\n", 1<<18),
		"Boundaries":       "Content-Type: multipart/mixed; boundary=b\n\n" + strings.Repeat("--b\n", 1<<18),
		"NoBoundary":       "Content-Type: multipart/mixed\n\n" + strings.Repeat("--abcdefghij\n\n", 1<<17),
		"Uuencoded":        "\n" + strings.Repeat("begin 644 a\n#86)C\nendo\n", 1<<15),
		"UuencodedFiles":   "\n" + strings.Repeat("begin 644 a\n`\nend\n", 1<<15),
		"Equals":           "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("=", 1<<21),
		"EqualsSpaces":     "Content-Transfer-Encoding: quoted-printable\n\n" + strings.Repeat("= ", 1<<20),
		"Padding":          "Content-Transfer-Encoding: base64\n\n" + strings.Repeat("YQ==", 1<<19),
		"OneLine":          "\n" + strings.Repeat("x", 1<<22),
		"Enriched":         "Content-Type: text/enriched\n\n" + strings.Repeat("<", 1<<21),
		"EnrichedOpen":     "Content-Type: text/enriched\n\n" + strings.Repeat("<param>", 1<<18),
		"Flowed":           "Content-Type: text/plain; format=flowed\n\n" + strings.Repeat("a \n", 1<<20),
		"FlowedDepth":      "Content-Type: text/plain; format=flowed\n\n" + strings.Repeat(">", 1<<21),
		"PGP":              "\n" + strings.Repeat("-----BEGIN PGP SIGNATURE-----\n", 1<<16),
		"Armor":            "\n" + strings.Repeat("-----BEGIN PGP SIGNED MESSAGE-----\n", 1<<16),
		"SMIME":            "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\nMIAGCSqGSIb3DQEHAqCA" + strings.Repeat("JIAk", 1<<18),
	} {
		m, err := message.Parse(strings.NewReader(raw), message.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Attachments) > 600 {
			t.Errorf("%s: %d attachments", name, len(m.Attachments))
		}
		hold(t, m)
	}
}

// Lines cost the same each, whatever they look like and however many there are.
func TestManyLinesTakeLinearTime(t *testing.T) {
	for name, line := range map[string]string{
		"Prose": "a line of prose about 99213 and the like", "Quoted": "> a quoted line", "Attribution": "On 2 Mar 2026 at 9:00 Dana <d@firm.example> wrote:", "Intro": "On 2 Mar 2026 Dana told us",
		"Header": "From: a <a@b.example>", "Sent": "Sent: 9:00", "Underscores": "____________________________", "Dashes": "--", "Notice": "CONFIDENTIALITY NOTICE: this", "Contact": "Phone: 555-555-0100",
		"SentFrom": "Sent from my iPhone", "Indented": strings.Repeat(" ", 40) + "1. a", "Blank": "", "Caution": "CAUTION: This email originated from outside",
	} {
		growsLinearly(t, name, 3000, func(n int) string { return mail(append(head(), "", strings.Repeat(line+"\r\n", n))...) })
	}
}

// A mail of a hundred thousand lines is read whole.
func TestAHundredThousandLines(t *testing.T) {
	t.Parallel()
	const n = 100_000
	m := parse(t, mail(append(head(), "", strings.Repeat("99213 was billed\r\n", n)+"> quoted\r\n> again")...))
	if got := strings.Count(m.Reply, "99213"); got != n || !strings.Contains(m.Quoted, "again") {
		t.Errorf("%d lines of %d in the reply, quoted %q", got, n, m.Quoted)
	}
}

// What was read so far survives an error of the reader, and of the one who keeps attachments.
func TestErrorsKeepWhatWasRead(t *testing.T) {
	t.Parallel()
	whole := mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "Is 99213 right?", "--b", "Content-Type: application/pdf; name=a.pdf", "", "xxxx", "--b--")...)
	for cut := 0; cut < len(whole); cut += 7 {
		m, err := message.Parse(&failing{r: strings.NewReader(whole[:cut])}, message.Options{})
		if err == nil {
			t.Fatalf("cut at %d: no error", cut)
		}
		hold(t, m)
		if _, err := message.ContentKey(&failing{r: strings.NewReader(whole[:cut])}); err == nil {
			t.Fatalf("cut at %d: a key without an error", cut)
		}
	}
}

type failing struct{ r *strings.Reader }

func (f *failing) Read(p []byte) (int, error) {
	if f.r.Len() == 0 {
		return 0, fmt.Errorf("the connection is gone")
	}
	return f.r.Read(p)
}

// The bytes come in whatever pieces; the reading is the same.
func TestPiecesDoNotMatter(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 64<<10-1)
	for _, body := range []string{"one\r\ntwo\r\n", long + "\r\ntwo\r\n", long + "x\r\ntwo\r\n", long[:len(long)-1] + "\r\ntwo\r\n", strings.Repeat("=E9", 5000) + "\r\n"} {
		raw := mail(head("Content-Transfer-Encoding: quoted-printable")...) + "\r\n" + body
		want := parse(t, raw)
		key, _ := message.ContentKey(strings.NewReader(raw))
		for _, n := range []int{1, 3, 4096, 65535, 65536, 65537} {
			got, err := message.Parse(&slow{r: strings.NewReader(raw), n: n}, message.Options{})
			if err != nil || got.Text != want.Text || got.Reply != want.Reply {
				t.Errorf("in pieces of %d: another text (%v)", n, err)
			}
			if k, err := message.ContentKey(&slow{r: strings.NewReader(raw), n: n}); err != nil || k != key {
				t.Errorf("in pieces of %d: another key (%v)", n, err)
			}
		}
		if k, _ := message.ContentKey(bytes.NewReader([]byte(strings.ReplaceAll(raw, "\r\n", "\n")))); k != key {
			t.Errorf("a body of %d bytes has another key with other line ends", len(body))
		}
	}
}

type slow struct {
	r *strings.Reader
	n int
}

func (s *slow) Read(p []byte) (int, error) { return s.r.Read(p[:min(len(p), s.n)]) }
