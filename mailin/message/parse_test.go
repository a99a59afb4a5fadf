package message_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"caseconsultant/mailin/message"
)

// mail puts lines together with CRLF line ends.
func mail(lines ...string) string { return strings.Join(lines, "\r\n") + "\r\n" }

// head is the header of an ordinary mail, with more fields under it.
func head(more ...string) []string {
	return append([]string{"From: Lee Example <lee@clinic.example>", "To: consult@firm.example", "Date: Thu, 16 Apr 2026 09:00:00 -0400", "Subject: 31297 with 31288",
		"Message-ID: <q1@clinic.example>", "MIME-Version: 1.0"}, more...)
}

func parse(t testing.TB, raw string) *message.Message {
	t.Helper()
	m, err := message.Parse(strings.NewReader(raw), message.Options{})
	if err != nil {
		t.Fatalf("parse: %v", err)
	}
	hold(t, m)
	return m
}

func nonBlank(s string) (n int) {
	for line := range strings.SplitSeq(s, "\n") {
		if strings.TrimSpace(line) != "" {
			n++
		}
	}
	return n
}

// hold checks what every message must keep to.
func hold(t testing.TB, m *message.Message) {
	t.Helper()
	var reply strings.Builder
	last := -1
	for _, r := range m.ReplyOffsets {
		if r[0] <= last || r[1] <= r[0] || r[1] > len(m.Text) {
			t.Fatalf("reply offsets %v do not fit a text of %d bytes", m.ReplyOffsets, len(m.Text))
		}
		reply.WriteString(m.Text[r[0]:r[1]])
		last = r[1]
	}
	if reply.String() != m.Reply {
		t.Fatalf("the reply is not what its offsets say:\n%q\n%q", m.Reply, reply.String())
	}
	if m.Reply != strings.TrimSpace(m.Reply) {
		t.Errorf("the reply has white space at its ends: %q", m.Reply)
	}
	for name, s := range map[string]string{"text": m.Text, "reply": m.Reply, "quoted": m.Quoted, "signature": m.Signature, "subject": m.Subject, "html": m.HTML} {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
			t.Errorf("the %s is not valid: %q", name, s)
		}
	}
	// Each line of the text is in one of the three, and nothing is in two.
	if text, parts := nonBlank(m.Text), nonBlank(m.Reply)+nonBlank(m.Quoted)+nonBlank(m.Signature); text != parts {
		t.Errorf("of %d lines %d are in the reply, the history or the signature", text, parts)
	}
	if strings.ContainsRune(m.Text, '\r') {
		t.Error("the text has carriage returns")
	}
}

func TestTexts(t *testing.T) {
	t.Parallel()
	b64 := base64.StdEncoding.EncodeToString
	for name, c := range map[string]struct {
		raw     string
		text    string // as it must be, trimmed; "" is not looked at
		problem string // a part of one of the problems
	}{
		"Plain":           {raw: mail(append(head(), "", "Is 31297 payable?", "", "Lee")...), text: "Is 31297 payable?\n\nLee"},
		"BareLF":          {raw: strings.Join(append(head(), "", "one", "two"), "\n"), text: "one\ntwo"},
		"BareCR":          {raw: strings.Join(append(head(), "", "one", "two"), "\r"), text: "one\ntwo"},
		"NoHeader":        {raw: "\r\njust a text\r\n", text: "just a text", problem: "does not name"},
		"NULBytes":        {raw: mail(append(head(), "", "a\x00b")...), text: "ab"},
		"Latin1Unlabeled": {raw: mail(append(head(), "", "caf\xe9")...), text: "café"},
		"Latin1Labeled":   {raw: mail(append(head("Content-Type: text/plain; charset=iso-8859-1"), "", "caf\xe9 \x93q\x94")...), text: "café “q”"},
		"UTF8Labeled":     {raw: mail(append(head("Content-Type: text/plain; charset=\"UTF-8\""), "", "caf\xc3\xa9")...), text: "café"},
		"UnknownCharset":  {raw: mail(append(head("Content-Type: text/plain; charset=x-nonsense"), "", "caf\xe9")...), text: "café"},
		"Korean":          {raw: mail(append(head("Content-Type: text/plain; charset=ks_c_5601-1987"), "", "\xb0\xa1")...), text: "가"},
		"Base64":          {raw: mail(append(head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"), "", b64([]byte("héllo")))...), text: "héllo"},
		"Base64WithJunk":  {raw: mail(append(head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64"), "", "aGV%sbG8=\r\n!!")...), text: "hello"},
		"QuotedPrintable": {raw: mail(append(head("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable"), "", "h=C3=A9llo =", "there")...), text: "héllo there"},
		"Flowed":          {raw: mail(append(head("Content-Type: text/plain; format=flowed"), "", "one ", "line", "", "> q ", "> r", "-- ", "Lee")...), text: "one line\n\n> q r\n-- \nLee"},
		"FlowedDelSp":     {raw: mail(append(head("Content-Type: text/plain; format=flowed; delsp=yes"), "", "one ", "word")...), text: "oneword"},
		"HTML": {raw: mail(append(head("Content-Type: text/html; charset=utf-8"), "", "<html><head><style>p{}</style></head><body><div style='display:none'>pre</div><p>Is <b>31297</b> payable?</p>"+
			"<ol><li>one<li>two</ol><table><tr><td>31297</td><td>50</td></tr><tr><td>31288</td></tr></table><p>See <a href='https://x.example/a'>this</a>.</p></body></html>")...),
			text: "Is 31297 payable?\n\n1. one\n2. two\n\n31297  50\n31288\n\nSee this <https://x.example/a>."},
		"Alternative":     {raw: mail(append(head("Content-Type: multipart/alternative; boundary=b"), "", "--b", "Content-Type: text/plain", "", "plain text", "--b", "Content-Type: text/html", "", "<p>html text</p>", "--b--")...), text: "plain text"},
		"EmptyPlainPart":  {raw: mail(append(head("Content-Type: multipart/alternative; boundary=b"), "", "--b", "Content-Type: text/plain", "", " ", "--b", "Content-Type: text/html", "", "<p>html text</p>", "--b--")...), text: "html text"},
		"MissingEnd":      {raw: mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "Content-Type: text/plain", "", "text")...), text: "text", problem: "cut on the way"},
		"NoBoundary":      {raw: mail(append(head("Content-Type: multipart/mixed"), "", "--x1y2z3w4", "Content-Type: text/plain", "", "text", "--x1y2z3w4--")...), text: "text", problem: "boundary"},
		"NoParts":         {raw: mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "only a text")...), text: "only a text", problem: "none can be found"},
		"HeaderJunk":      {raw: mail("From: lee@clinic.example", "this is no header", "Subject: x", "", "text"), text: "text"},
		"MboxFrom":        {raw: mail(append(append([]string{"From lee@clinic.example Thu Apr 16 09:00:00 2026"}, head()...), "", "text")...), text: "text"},
		"BlankLinesFirst": {raw: "\r\n\r\n" + mail(append(head(), "", "text")...), text: "text"},
		"Encrypted": {raw: mail(append(head("Content-Type: multipart/encrypted; protocol=\"application/pgp-encrypted\"; boundary=b"), "", "--b", "Content-Type: application/pgp-encrypted", "", "Version: 1", "--b", "Content-Type: application/octet-stream", "", "xx", "--b--")...),
			problem: "encrypted with PGP"},
		"SMIME":        {raw: mail(append(head("Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=smime.p7m", "Content-Transfer-Encoding: base64"), "", "AAAA")...), problem: "S/MIME"},
		"TNEF":         {raw: mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "text", "--b", "Content-Type: application/ms-tnef; name=winmail.dat", "", "xx", "--b--")...), text: "text", problem: "winmail.dat"},
		"RFC822":       {raw: mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "see below", "--b", "Content-Type: message/rfc822", "", "From: pat@other.example", "Subject: op note", "", "31267 done", "--b--")...), text: "see below\n\n---------- Forwarded message ----------\nFrom: pat@other.example\nSubject: op note\n\n31267 done"},
		"Binary":       {raw: "\x00\x01\x02\xff\xfe" + strings.Repeat("\x80\x90", 300), problem: ""},
		"Empty":        {raw: "", problem: "no text"},
		"UuencodedNot": {raw: mail(append(head(), "", "", "Plan:", "begin 600 mg of it", "endoscopy 31237 later", "end")...), text: "Plan:\nbegin 600 mg of it\nendoscopy 31237 later\nend"},
		"HTMLAsPlain":  {raw: mail(append(head("Content-Type: text/plain"), "", "<html><body><p>Is 99213 ok?</p></body></html>")...), text: "Is 99213 ok?"},
		"HTMLNoParts":  {raw: mail(append(head("Content-Type: multipart/alternative; boundary=b"), "", "<html><body><p>Is 99213 ok?</p></body></html>")...), text: "Is 99213 ok?"},
		"Uuencoded":    {raw: mail(append(head(), "", "see file", "begin 644 a.txt", "#86)C", "`", "end", "bye")...), text: "see file\nbye"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := parse(t, c.raw)
			if got := strings.TrimSpace(m.Text); c.text != "" && got != c.text {
				t.Errorf("text\n%s\nwant\n%s\n(problems %q)", got, c.text, m.Problems)
			}
			if c.problem != "" && !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, c.problem) }) {
				t.Errorf("problems %q, want one with %q", m.Problems, c.problem)
			}
		})
	}
}

func TestHeaders(t *testing.T) {
	t.Parallel()
	m := parse(t, mail("From: =?utf-8?q?L=C3=A9e?= Example <lee@clinic.example>", "To: a@firm.example, \"B, C\" <b@firm.example>", "Cc: team: c@firm.example, d@firm.example;",
		"Subject: =?utf-8?b?w6k=?= =?utf-8?q?_two?=", "Message-ID: <a@b.example>", "In-Reply-To: <p@b.example>", "References: <o@b.example>", " <p@b.example>", "Date: Thu, 16 Apr 2026 09:00:00 -0400", "", "x"))
	if m.From != (message.Address{Name: "Lée Example", Address: "lee@clinic.example"}) || m.Subject != "é two" || m.MessageID != "a@b.example" ||
		len(m.To) != 2 || m.To[1].Name != "B, C" || len(m.Cc) != 2 || !slices.Equal(m.References, []string{"o@b.example", "p@b.example"}) || !slices.Equal(m.InReplyTo, []string{"p@b.example"}) {
		t.Errorf("read %+v", m)
	}
	if m.Date.UTC().Format("2006-01-02 15:04") != "2026-04-16 13:00" {
		t.Errorf("date %s", m.Date)
	}
}

func TestReports(t *testing.T) {
	t.Parallel()
	raw := mail("From: MAILER-DAEMON@mx.example", "Subject: Undelivered", "Content-Type: multipart/report; report-type=delivery-status; boundary=b", "", "--b", "", "It failed.", "--b",
		"Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example", "", "Final-Recipient: rfc822; lee@clinic.example", "Action: failed", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 no such user", "",
		"--b", "Content-Type: text/rfc822-headers", "", "Message-ID: <ours@firm.example>", "Subject: x", "", "--b--")
	m := parse(t, raw)
	if r := m.Report; r == nil || r.Kind != "delivery-status" || r.Recipient != "lee@clinic.example" || r.Status != "5.1.1" || r.Action != "failed" ||
		r.OriginalMessageID != "ours@firm.example" || r.Diagnostic != "550 no such user" {
		t.Errorf("report %+v", m.Report)
	}
	raw = strings.ReplaceAll(raw, "text/rfc822-headers", "message/rfc822")
	if m = parse(t, raw); m.Report.OriginalMessageID != "ours@firm.example" {
		t.Errorf("with the whole mail returned: %+v", m.Report)
	}
}

func TestAttachments(t *testing.T) {
	t.Parallel()
	file := bytes.Repeat([]byte("%PDF-1.7 \x00\xff"), 1000)
	raw := mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "see file", "--b", "Content-Type: application/pdf; name=\"=?utf-8?q?Op=C3=A9.pdf?=\"",
		"Content-Transfer-Encoding: base64", "Content-Disposition: attachment; filename*=utf-8''Op%C3%A9%20note.pdf", "", base64.StdEncoding.EncodeToString(file), "--b--")...)
	var got []byte
	m, err := message.Parse(strings.NewReader(raw), message.Options{Attachment: func(a *message.Attachment, r io.Reader) (err error) {
		got, err = io.ReadAll(r)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(file)
	if len(m.Attachments) != 1 || !bytes.Equal(got, file) {
		t.Fatalf("%d attachments, %d bytes", len(m.Attachments), len(got))
	}
	if a := m.Attachments[0]; a.Filename != "Opé note.pdf" || a.ContentType != "application/pdf" || a.Size != int64(len(file)) || a.SHA256 != hex.EncodeToString(sum[:]) || a.ID != "1" {
		t.Errorf("attachment %+v", a)
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	part := "--b\r\nContent-Type: text/plain\r\n\r\nx\r\n"
	many := mail(append(head("Content-Type: multipart/mixed; boundary=b"), "")...) + strings.Repeat(part, 10000) + "--b--\r\n"
	m := parse(t, many)
	if !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, "more than 500 parts") }) || len(m.Text) == 0 {
		t.Errorf("10,000 parts: problems %q", m.Problems)
	}
	var deep strings.Builder
	deep.WriteString(mail(head("Content-Type: multipart/mixed; boundary=b0")...) + "\r\n")
	for i := range 3000 {
		fmt.Fprintf(&deep, "--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n", i, i+1)
	}
	m = parse(t, deep.String())
	if !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, "nested deeper") }) {
		t.Errorf("3,000 levels: problems %q", m.Problems)
	}
	m, err := message.Parse(strings.NewReader(mail(append(head(), "", strings.Repeat("word ", 100000))...)), message.Options{Limits: message.Limits{MessageBytes: 10000}})
	if err != nil || len(m.Text) > 10000 || !slices.ContainsFunc(m.Problems, func(p string) bool { return strings.Contains(p, "larger than") }) {
		t.Errorf("over the limit: %d bytes, %q, %v", len(m.Text), m.Problems, err)
	}
}

// An attachment of 25 MB passes by; it is not held.
func TestALargeAttachmentIsNotHeld(t *testing.T) {
	var before, after runtime.MemStats
	piece := base64.StdEncoding.EncodeToString(make([]byte, 57)) + "\r\n"
	raw := io.MultiReader(strings.NewReader(mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "text", "--b", "Content-Type: application/pdf", "Content-Transfer-Encoding: base64", "")...)),
		&repeated{piece: piece, n: 25 << 20 / 57}, strings.NewReader("--b--\r\n"))
	runtime.GC()
	runtime.ReadMemStats(&before)
	m, err := message.Parse(raw, message.Options{Attachment: func(_ *message.Attachment, r io.Reader) error { _, err := io.Copy(io.Discard, r); return err }})
	runtime.ReadMemStats(&after)
	if err != nil || len(m.Attachments) != 1 || m.Attachments[0].Size < 24<<20 {
		t.Fatalf("attachments %+v, %v", m.Attachments, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 8<<20 {
		t.Errorf("%d KB were allocated for an attachment that only passes by", used>>10)
	}
}

type repeated struct {
	piece string
	n     int
	rest  string
}

func (r *repeated) Read(p []byte) (int, error) {
	if r.rest == "" {
		if r.n == 0 {
			return 0, io.EOF
		}
		r.n--
		r.rest = r.piece
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestContentKey(t *testing.T) {
	t.Parallel()
	key := func(raw string) [32]byte {
		k, err := message.ContentKey(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	base := mail(append(head(), "", "one", "two")...)
	same := map[string]string{
		"LF":       strings.ReplaceAll(base, "\r\n", "\n"),
		"Received": "Received: from x by y\r\nX-Spam: no\r\n" + base,
		"Folded":   strings.Replace(base, "Subject: 31297 with 31288", "Subject: 31297 with\r\n 31288", 1),
		"NoLastLF": strings.TrimRight(base, "\r\n"),
	}
	for name, raw := range same {
		if key(raw) != key(base) {
			t.Errorf("%s: another key for the same mail", name)
		}
	}
	for name, raw := range map[string]string{
		"Body":    strings.Replace(base, "two", "three", 1),
		"Subject": strings.Replace(base, "31288", "31287", 1),
		"ID":      strings.Replace(base, "q1@", "q2@", 1),
		"Date":    strings.Replace(base, "09:00", "09:01", 1),
		"From":    strings.Replace(base, "lee@", "pat@", 1),
	} {
		if key(raw) == key(base) {
			t.Errorf("%s: the same key for another mail", name)
		}
	}
}

func TestFallback(t *testing.T) {
	t.Parallel()
	m := message.Fallback(strings.NewReader(mail(append(head("Content-Type: multipart/mixed; boundary=b"), "", "--b", "", "text \xff", "--b--")...)))
	hold(t, m)
	if m.From.Address != "lee@clinic.example" || m.Subject != "31297 with 31288" || !strings.Contains(m.Text, "text") || len(m.Problems) != 1 {
		t.Errorf("read %+v", m)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(mail(append(head(), "", "text", "-- ", "Lee")...)))
	f.Add([]byte(mail(append(head("Content-Type: multipart/alternative; boundary=b"), "", "--b", "", "x", "--b", "Content-Type: text/html", "", "<div class=gmail_quote>On x, y wrote:<blockquote>z</blockquote></div>", "--b--")...)))
	f.Add([]byte(mail(append(head("Content-Type: text/html"), "", "<table><tr><td>1<td>2</table><ul><li>a<ol><li>b</ul><pre>x\n y</pre>")...)))
	f.Add([]byte(mail(append(head("Content-Type: application/pkcs7-mime; smime-type=signed-data", "Content-Transfer-Encoding: base64"), "", "MIAGCSqGSIb3DQEHAqCA")...)))
	files, _ := filepath.Glob("testdata/golden/*.eml")
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, _ := message.Parse(bytes.NewReader(raw), message.Options{Limits: message.Limits{Parts: 50, Depth: 5}})
		hold(t, m)
		hold(t, message.Fallback(bytes.NewReader(raw)))
		// The same bytes read the same, and a listed attachment is one that was handed on.
		var handed []string
		again, err := message.Parse(bytes.NewReader(raw), message.Options{Limits: message.Limits{Parts: 50, Depth: 5}, Attachment: func(a *message.Attachment, r io.Reader) error {
			handed = append(handed, a.ID)
			_, err := io.CopyN(io.Discard, r, 10)
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}})
		if err != nil || again.Text != m.Text || again.Reply != m.Reply || !slices.Equal(again.Attachments, m.Attachments) || len(handed) > len(m.Attachments) {
			t.Errorf("read twice: %v, %d attachments handed on of %d", err, len(handed), len(m.Attachments))
		}
	})
}

func FuzzContentKey(f *testing.F) {
	f.Add("From: a@b.example\nSubject: x\n\nbody\nmore")
	f.Fuzz(func(t *testing.T, raw string) {
		if strings.ContainsAny(raw, "\r") {
			return
		}
		a, err := message.ContentKey(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		b, err := message.ContentKey(strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")))
		if err != nil || a != b {
			t.Errorf("line ends change the key (%v)", err)
		}
	})
}

func BenchmarkParse(b *testing.B) {
	raw := mail(append(head("Content-Type: multipart/alternative; boundary=b"), "", "--b", "Content-Type: text/plain; charset=utf-8", "", strings.Repeat("Can 31297-50 be billed with 31288 on the same day?\r\n", 40), "--b",
		"Content-Type: text/html; charset=utf-8", "", strings.Repeat("<p>Can <b>31297-50</b> be billed with 31288 on the same day?</p>\r\n", 40), "--b--")...)
	b.SetBytes(int64(len(raw)))
	for b.Loop() {
		if _, err := message.Parse(strings.NewReader(raw), message.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
