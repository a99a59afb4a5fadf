package mailout

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"slices"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailout/smtptest"
)

func letter() Letter {
	return Letter{
		MessageID:  "abc@firm.example",
		Date:       time.Date(2026, time.April, 16, 9, 30, 0, 0, time.FixedZone("", -4*3600)),
		From:       Address{"Example Coding Consultants", "consult@firm.example"},
		To:         []Address{{"Ann Sample", "ann@clinic.example"}},
		Subject:    "Re: 31297-50 with 31288 [CC-4821-K7RQ9]",
		InReplyTo:  "<question@clinic.example>",
		References: []string{"<first@clinic.example> <second@firm.example>"},
		Automatic:  AutoReplied,
		Loop:       "k7rq9-AbC_1",
		Text:       "Text – with an en dash.\n.\nFrom here on.\n",
		HTML:       "<p>HTML – with an en dash.</p>\n",
	}
}

func TestComposeHeaders(t *testing.T) {
	t.Parallel()
	b, err := Compose(letter())
	if err != nil {
		t.Fatal(err)
	}
	m, err := netmail.ReadMessage(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"Message-ID":               "<abc@firm.example>",
		"Date":                     "Thu, 16 Apr 2026 09:30:00 -0400",
		"From":                     `"Example Coding Consultants" <consult@firm.example>`,
		"To":                       `"Ann Sample" <ann@clinic.example>`,
		"Subject":                  "Re: 31297-50 with 31288 [CC-4821-K7RQ9]",
		"In-Reply-To":              "<question@clinic.example>",
		"References":               "<first@clinic.example> <second@firm.example> <question@clinic.example>",
		"Auto-Submitted":           "auto-replied",
		"X-Auto-Response-Suppress": "DR, RN, NRN, OOF, AutoReply",
		"X-CaseConsultant-Loop":    "k7rq9-AbC_1",
		"Mime-Version":             "1.0",
	} {
		if got := m.Header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	if len(m.Header) != 12 {
		t.Errorf("header fields: %v", m.Header)
	}
	media, parameters, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || media != "multipart/alternative" {
		t.Fatalf("%s %v", media, err)
	}
	parts := multipart.NewReader(m.Body, parameters["boundary"])
	for _, want := range []struct{ media, body string }{{"text/plain", letter().Text}, {"text/html", letter().HTML}} {
		part, err := parts.NextRawPart()
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		media, parameters, _ := mime.ParseMediaType(part.Header.Get("Content-Type"))
		if got := strings.ReplaceAll(string(body), "\r\n", "\n"); media != want.media || !strings.EqualFold(parameters["charset"], "utf-8") || strings.TrimRight(got, "\n") != strings.TrimRight(want.body, "\n") {
			t.Errorf("%s %v: %q", media, parameters, got)
		}
	}

	t.Run("ByPerson", func(t *testing.T) {
		l := letter()
		l.Automatic, l.Loop, l.InReplyTo, l.References, l.HTML = ByPerson, "", "", nil, ""
		l.Cc = []Address{{"", "bob@clinic.example"}}
		l.ReplyTo = Address{"", "answers@firm.example"}
		b, err := Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := netmail.ReadMessage(bytes.NewReader(b))
		for _, name := range []string{"Auto-Submitted", "X-Auto-Response-Suppress", LoopHeader, "In-Reply-To", "References"} {
			if m.Header.Get(name) != "" {
				t.Errorf("%s is set", name)
			}
		}
		if m.Header.Get("Reply-To") != "<answers@firm.example>" || m.Header.Get("Cc") != "<bob@clinic.example>" || !strings.HasPrefix(m.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("header %v", m.Header)
		}
		if got := l.Recipients(); !slices.Equal(got, []string{"ann@clinic.example", "bob@clinic.example"}) {
			t.Errorf("recipients %q", got)
		}
	})
	t.Run("International", func(t *testing.T) {
		l := letter()
		l.From = Address{"Größe & Söhne, Praxis \"Süd\"", "info@müller.example"}
		l.To = []Address{{strings.Repeat("鼻内視鏡手術 ", 30), "ann@clinic.example"}}
		l.Subject = strings.Repeat("鼻内視鏡手術についての質問 ", 20)
		b, err := Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		m, _ := netmail.ReadMessage(bytes.NewReader(b))
		from, err := m.Header.AddressList("From")
		if err != nil || from[0].Name != l.From.Name || from[0].Address != "info@xn--mller-kva.example" {
			t.Errorf("from %v %v", from, err)
		}
		for line := range strings.SplitSeq(string(b), "\r\n") {
			if len(line) > 78 && !strings.HasPrefix(line, "References") {
				t.Errorf("a line of %d octets: %q", len(line), line)
			}
		}
	})
	t.Run("LocalPartUTF8", func(t *testing.T) {
		l := letter()
		l.To = []Address{{"Jürgen", "jürgen@müller.example"}}
		b, err := Compose(l)
		if err != nil || !bytes.Contains(b, []byte("<jürgen@xn--mller-kva.example>")) {
			t.Errorf("%v", err)
		}
	})
}

func TestComposeAttachments(t *testing.T) {
	t.Parallel()
	l := letter()
	big := bytes.Repeat([]byte{0, 1, 2, '\n', '\r', 0xFF, '.'}, 50_000)
	names := []string{"CC-4821-K7RQ9-1.pdf", `../../etc/pass"wd`, "Übersicht " + strings.Repeat("名", 90) + ".docx", "", "a\r\nContent-Type: text/html\r\n\r\n<b>"}
	types := []string{"application/pdf", "text/html; charset=utf-8", "nonsense\r\nX: y", "message/rfc822", ""}
	for i, name := range names {
		l.Attachments = append(l.Attachments, Attachment{name, types[i], bytes.NewReader(big[:len(big)-i])})
	}
	b, err := Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	m, _ := netmail.ReadMessage(bytes.NewReader(b))
	if !strings.HasPrefix(m.Header.Get("Content-Type"), "multipart/mixed") || bytes.Contains(b, []byte("\r\nX: y")) {
		t.Errorf("%v", m.Header)
	}
	for _, want := range []string{`filename="CC-4821-K7RQ9-1.pdf"`, `filename="pass_wd"`, `filename="attachment-4"`} {
		if !bytes.Contains(b, []byte(want)) {
			t.Errorf("no %s", want)
		}
	}
	broken := errors.New("gone")
	l.Attachments = []Attachment{{"a", "", readerFunc(func([]byte) (int, error) { return 0, broken })}}
	if _, err := Compose(l); !errors.Is(err, broken) {
		t.Errorf("an attachment that cannot be read: %v", err)
	}
}

func TestComposeRefuses(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Letter){
		"no recipient":        func(l *Letter) { l.To = nil },
		"no date":             func(l *Letter) { l.Date = time.Time{} },
		"no message id":       func(l *Letter) { l.MessageID = "" },
		"message id of two":   func(l *Letter) { l.MessageID = "<a@b> <c@d>" },
		"message id with CR":  func(l *Letter) { l.MessageID = "<a@b\r\nBcc: x@y>" },
		"no sender":           func(l *Letter) { l.From = Address{} },
		"address with CR LF":  func(l *Letter) { l.To[0].Address = "ann@clinic.example\r\nBcc: x@y.example" },
		"address of two":      func(l *Letter) { l.To[0].Address = "ann@clinic.example, x@y.example" },
		"address in brackets": func(l *Letter) { l.To[0].Address = "<ann@clinic.example>" },
		"quoted with CR LF":   func(l *Letter) { l.To[0].Address = "\"a\r\nBcc: x\"@clinic.example" },
		"loop with CR LF":     func(l *Letter) { l.Loop = "a\r\nBcc: x@y.example" },
		"unknown automatic":   func(l *Letter) { l.Automatic = "no\r\nBcc: x@y.example" },
		"domain":              func(l *Letter) { l.ReplyTo.Address = "ann@clinic .example" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := letter()
			l.To = slices.Clone(l.To)
			change(&l)
			b, err := Compose(l)
			if err == nil {
				t.Fatalf("composed:\n%s", b)
			}
			if strings.Contains(err.Error(), "clinic") {
				t.Errorf("the error holds the address: %v", err)
			}
		})
	}
}

// TestInjection: what strangers write cannot become a header, a part or another
// reader's meaning.
func TestInjection(t *testing.T) {
	t.Parallel()
	for _, evil := range []string{
		"x\r\nBcc: victim@clinic.example", "x\nBcc: victim@clinic.example", "x\rBcc: victim@clinic.example", "x\u2028Bcc: victim@clinic.example",
		"x\x00\x0bBcc: victim@clinic.example", "=?utf-8?q?x=0D=0ABcc:_victim@clinic.example?=", "x\r\n\r\n<script>alert(1)</script>",
		"\u202Egpj.exe", "x\r\nContent-Type: multipart/mixed; boundary=y", strings.Repeat("x", 3000), strings.Repeat("界", 3000), "\xff\xfe", "",
		`"`, `\`, `"\"`, "a, b@c.example", "<victim@clinic.example>", "(comment)", "a;b:c",
	} {
		l := letter()
		l.Subject = Subject(evil, "CC-4821-K7RQ9", false)
		l.From.Name, l.To = evil, []Address{{evil, "ann@clinic.example"}}
		l.InReplyTo, l.References = evil, []string{evil, "<" + evil + ">", "<good@clinic.example>"}
		l.Text, l.HTML = evil, ""
		l.Attachments = []Attachment{{evil, evil, strings.NewReader(evil)}}
		b, err := Compose(l)
		if err != nil {
			t.Errorf("%q: %v", evil, err)
			continue
		}
		m, err := netmail.ReadMessage(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		for name := range m.Header {
			if !slices.Contains([]string{"Message-Id", "Date", "From", "To", "Subject", "In-Reply-To", "References", "Auto-Submitted", "X-Auto-Response-Suppress", "X-Caseconsultant-Loop", "Mime-Version", "Content-Type"}, name) {
				t.Errorf("%q made the field %s", evil, name)
			}
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "ann@clinic.example" {
			t.Errorf("%q: To is %v, %v", evil, to, err)
		}
		if !strings.Contains(m.Header.Get("Subject"), "CC-4821-K7RQ9") {
			t.Errorf("%q: the subject lost its reference", evil)
		}
	}
}

func TestThreadHeaders(t *testing.T) {
	t.Parallel()
	var long []string
	for i := range 100 {
		long = append(long, fmt.Sprintf("<%d@clinic.example>", i))
	}
	_, kept := threadHeaders("<last@clinic.example>", long)
	if len(kept) != 21 || kept[0] != "<0@clinic.example>" || kept[1] != "<81@clinic.example>" || kept[20] != "<last@clinic.example>" {
		t.Errorf("kept %v", kept)
	}
	inReplyTo, kept := threadHeaders("b@x", []string{"<a@x><b@x>\r\n <no-at> <bad id@x> <c@x", "<a@x>", "<ümlaut@x>", "<>", "<" + strings.Repeat("y", 600) + "@x>"})
	if inReplyTo != "<b@x>" || !slices.Equal(kept, []string{"<a@x>", "<no-at>", "<bad>", "<id@x>", "<c@x>", "<b@x>"}) {
		t.Errorf("%q %q", inReplyTo, kept)
	}
	if inReplyTo, kept := threadHeaders("", nil); inReplyTo != "" || kept != nil {
		t.Errorf("%q %q", inReplyTo, kept)
	}
}

func TestNewMessageID(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for range 1000 {
		id := NewMessageID("Müller.example")
		local, domain, _ := strings.Cut(id, "@")
		if seen[id] || domain != "xn--mller-kva.example" || len(local) < 26 || strings.Trim(local, "abcdefghijklmnopqrstuvwxyz234567") != "" {
			t.Fatalf("id %q", id)
		}
		seen[id] = true
	}
	for _, domain := range []string{"", "a b", "x\r\ny", "[192.0.2.1]"} {
		if id := NewMessageID(domain); !strings.HasSuffix(id, "@mail.invalid") {
			t.Errorf("%q: %q", domain, id)
		}
	}
}

func TestSubject(t *testing.T) {
	t.Parallel()
	const ref = "CC-4821-K7RQ9"
	for _, test := range []struct {
		asked, reference string
		hide             bool
		want             string
	}{
		{"31297-50 with 31288", ref, false, "Re: 31297-50 with 31288 [CC-4821-K7RQ9]"},
		{"Re: RE: Re[2]: AW: Sv:  x", ref, false, "Re: x [CC-4821-K7RQ9]"},
		{"Re: x [CC-4821-K7RQ9]", ref, false, "Re: x [CC-4821-K7RQ9]"},
		{"Re: x [ cc-4821-k7rq9 ] CC-4821-K7RQ9 [CC-9-ABCDE]", ref, false, "Re: x [CC-4821-K7RQ9]"},
		{"[EXTERNAL] Re: [EXT] x", ref, false, "Re: x [CC-4821-K7RQ9]"},
		{"Fwd: x", ref, false, "Re: Fwd: x [CC-4821-K7RQ9]"},
		{"Recode 31297?", ref, false, "Re: Recode 31297? [CC-4821-K7RQ9]"},
		{"Ref: claim", ref, false, "Re: Ref: claim [CC-4821-K7RQ9]"},
		{"Re:", ref, false, "Re: your coding question [CC-4821-K7RQ9]"},
		{"", ref, false, "Re: your coding question [CC-4821-K7RQ9]"},
		{"John Sample DOB 1/2/1950", ref, true, "Re: your coding question [CC-4821-K7RQ9]"},
		{"x", "", false, "Re: x"},
		{"a\tb\r\n c", ref, false, "Re: a b c [CC-4821-K7RQ9]"},
		{strings.Repeat("word ", 60), ref, false, "Re: " + strings.Repeat("word ", 22) + "word… [CC-4821-K7RQ9]"},
		{strings.Repeat("界", 300), ref, false, "Re: " + strings.Repeat("界", 119) + "… [CC-4821-K7RQ9]"},
	} {
		if got := Subject(test.asked, test.reference, test.hide); got != test.want {
			t.Errorf("%q: %q, want %q", test.asked, got, test.want)
		}
		if again := Subject(Subject(test.asked, test.reference, test.hide), test.reference, false); again != test.want && !strings.Contains(test.want, "…") {
			t.Errorf("%q answered again: %q", test.asked, again)
		}
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.January, 5, 12, 5, 0, 0, time.UTC)
	for zone, want := range map[string]string{"EST": "Eastern", "CDT": "Central", "MST": "Mountain", "PDT": "Pacific", "AKST": "Alaska time", "HST": "Hawaii time", "UTC": "UTC", "CET": "CET"} {
		if got := DueWords(at.In(time.FixedZone(zone, 0))); got != "Monday 5 January, 12:05 pm "+want {
			t.Errorf("%s: %s", zone, got)
		}
	}
	if got := DueWords(at.In(time.FixedZone("", 5*3600))); got != "Monday 5 January, 5:05 pm UTC+05:00" {
		t.Error(got)
	}
}

// TestComposedMailArrives: what is composed is what a server gets.
func TestComposedMailArrives(t *testing.T) {
	t.Parallel()
	server := smtptest.New(t, smtptest.Options{Security: smtptest.TLS})
	content, err := testLetters(t).Summary(sinus())
	if err != nil {
		t.Fatal(err)
	}
	l := letter()
	l.Subject, l.Text, l.HTML = content.Subject, content.Text, content.HTML
	b, err := Compose(l)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	if _, err := newSender(t, optionsFor(server)).Send(t.Context(), Envelope{From: l.From.Address, To: l.Recipients()}, int64(len(b)), bytes.NewReader(b), nil); err != nil {
		t.Fatal(err)
	}
	if got := server.WaitMessages(t, 1)[0].Data; sha256.Sum256(got) != sum {
		t.Error("the server got other bytes than were composed")
	}
}

// FuzzCompose: whatever strangers' texts a letter is made of, it composes, parses
// with one Message-ID and the given recipient, and has no field that was not
// asked for.
func FuzzCompose(f *testing.F) {
	f.Add("31297 with 31288", "Ann Sample", "<a@b.example>", "<c@d.example> <e@f.example>", "text\n", "<p>html</p>", "a.pdf", "application/pdf")
	f.Add("x\r\nBcc: y", "\"\\\"", "a b", "<<>>", "\r\r\n\x00", "", "=?utf-8?q?=22?=", "x/y; z=\"")
	f.Add("=?utf-8?b?Zm9v?=", "=?x?= <a@b>, c", "<=?utf-8?q?x?=@b>", "", ".\n..\n", "\u202e", "../..", "text/plain")
	askedFor := []string{"Auto-Submitted", "Content-Transfer-Encoding", "Content-Type", "Date", "From", "In-Reply-To", "Message-Id", "Mime-Version", "References", "Subject", "To",
		"X-Auto-Response-Suppress", "X-Caseconsultant-Loop"}
	f.Fuzz(func(t *testing.T, subject, name, inReplyTo, references, text, html, file, contentType string) {
		l := letter()
		l.Subject = Subject(subject, "CC-4821-K7RQ9", false)
		l.From.Name, l.To = name, []Address{{name, "ann@clinic.example"}}
		l.InReplyTo, l.References = inReplyTo, []string{references}
		l.Text, l.HTML = text, html
		if file != "" {
			l.Attachments = []Attachment{{file, contentType, strings.NewReader(text)}}
		}
		b, err := Compose(l)
		if err != nil {
			t.Fatal(err)
		}
		m, err := netmail.ReadMessage(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if ids := m.Header["Message-Id"]; len(ids) != 1 || ids[0] != "<abc@firm.example>" {
			t.Fatalf("Message-ID %q", ids)
		}
		for field, values := range m.Header {
			if !slices.Contains(askedFor, field) || len(values) != 1 {
				t.Fatalf("the field %s, %d times, was not asked for", field, len(values))
			}
		}
		if to, err := m.Header.AddressList("To"); err != nil || len(to) != 1 || to[0].Address != "ann@clinic.example" {
			t.Fatalf("To %v %v", to, err)
		}
	})
}

// FuzzAddress: an address that is accepted stays one address.
func FuzzAddress(f *testing.F) {
	for _, seed := range []string{"ann@clinic.example", `"a b"@c.example`, "a..b@c.example", "ü@ü.example", "a@[192.0.2.1]", "a@b@c", `"\""@x.example`, "a@-b.example", "a@xn--a.example"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, address string) {
		wire, err := wireAddress(address)
		if err != nil {
			if !errors.Is(err, ErrAddress) {
				t.Fatalf("error %v", err)
			}
			return
		}
		if strings.ContainsAny(smtpPath(wire), "\r\n\x00") {
			t.Fatalf("%q becomes %q", address, wire)
		}
		parsed, err := netmail.ParseAddressList(smtpPath(wire))
		if err != nil || len(parsed) != 1 || parsed[0].Address != wire {
			t.Fatalf("%q becomes %q, which reads as %v (%v)", address, wire, parsed, err)
		}
		l := letter()
		l.To = []Address{{"", address}}
		if _, err := Compose(l); err != nil {
			t.Fatal(err)
		}
	})
}
