package demo

import (
	"archive/zip"
	"bytes"
	"image/png"
	"io"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/message"
	"caseconsultant/mailin/screen"
)

func samples(t *testing.T) []Sample {
	t.Helper()
	list, err := Samples()
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func parse(t *testing.T, raw []byte, attachments map[string][]byte) *message.Message {
	t.Helper()
	m, err := message.Parse(bytes.NewReader(raw), message.Options{Attachment: func(a *message.Attachment, r io.Reader) error {
		b, err := io.ReadAll(r)
		if attachments != nil {
			attachments[a.Filename] = b
		}
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestSamplesReadWithoutProblemsAsWhatTheyAre(t *testing.T) {
	t.Parallel()
	for _, s := range samples(t) {
		m := parse(t, s.Raw(time.Now()), nil)
		if len(m.Problems) > 0 {
			t.Errorf("%s: %v", s.File, m.Problems)
		}
		if m.From.Address != s.From || m.From.Name == "" || m.MessageID == "" || m.Subject != s.Subject || strings.TrimSpace(m.Text) == "" {
			t.Errorf("%s is read as from %v, %q, %q, text %q; the list says from %s, %q", s.File, m.From, m.MessageID, m.Subject, m.Text, s.From, s.Subject)
		}
		if len(m.To) != 1 || m.To[0].Address != firm {
			t.Errorf("%s goes to %v", s.File, m.To)
		}
		want := screen.Person
		if s.File == "14-out-of-office.eml" {
			want = screen.AutoReply
		}
		if v := screen.Classify(m, screen.Options{OwnAddresses: []string{firm}, LoopHeader: "X-CaseConsultant-Loop"}); v.Kind != want {
			t.Errorf("%s is screened as %s (%s), not as %s", s.File, v.Kind, v.Reason, want)
		}
		if (want != screen.Person) != s.Automatic() {
			t.Errorf("%s: automatic %v", s.File, s.Automatic())
		}
	}
}

func TestSamplesArriveInTheOrderOfTheStory(t *testing.T) {
	t.Parallel()
	list := samples(t)
	if len(list) != 18 {
		t.Fatalf("%d samples", len(list))
	}
	now := time.Now()
	if !bytes.Equal(list[0].Raw(now), list[16].Raw(now)) {
		t.Error("mail 17 is not mail 1 once more")
	}
	if list[4].Subject != "" || list[15].Subject != "lookup J1885" || list[9].Subject != "Infusion math – units" {
		t.Errorf("subjects: %q, %q, %q", list[4].Subject, list[15].Subject, list[9].Subject)
	}
	if m := parse(t, list[0].Raw(now), nil); !strings.Contains(m.Text, "31297-50") || m.HTML == "" || m.Date.Unix() != now.Unix() {
		t.Errorf("mail 1 is read as %q, %v", m.Text, m.Date)
	}
	if m := parse(t, list[7].Raw(now), nil); !strings.Contains(m.Text, "61782 x2") {
		t.Errorf("the mail in HTML only is read as %q", m.Text)
	}
	if m := parse(t, list[17].Raw(now), nil); !m.Forward || !strings.Contains(m.Quoted, "31297-50") {
		t.Errorf("the forward is read as forward %v, quoted %q", m.Forward, m.Quoted)
	}
}

func TestSamplesAttachWhatOpens(t *testing.T) {
	t.Parallel()
	list, found := samples(t), map[string][]byte{}
	parse(t, list[4].Raw(time.Now()), found)
	if _, err := png.Decode(bytes.NewReader(found["IMG_0417.png"])); err != nil {
		t.Errorf("the picture: %v", err)
	}
	parse(t, list[5].Raw(time.Now()), found)
	doc := found["op note 3-5.docx"]
	archive, err := zip.NewReader(bytes.NewReader(doc), int64(len(doc)))
	if err != nil {
		t.Fatalf("the document: %v", err)
	}
	body, err := archive.Open("word/document.xml")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(body)
	if err != nil || !bytes.Contains(text, []byte("Test, Pat")) || !bytes.Contains(text, []byte("fictitious")) {
		t.Errorf("the document holds %s, %v", text, err)
	}
}

// Nothing in the samples may look like a real person's data: domains end in .example, telephone numbers are 555
// numbers, and the only identifiers of a patient are the made-up ones of the operative note.
func TestSamplesHoldNoRealPersonsData(t *testing.T) {
	t.Parallel()
	address := regexp.MustCompile(`[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+`)
	phone := regexp.MustCompile(`\(?\b\d{3}\)?[ .-]\d{3}[ .-]\d{4}\b`)
	host := regexp.MustCompile(`https?://([A-Za-z0-9.-]+)`)
	identity := regexp.MustCompile(`(?i)\b(SSN|DOB|date of birth|MRN|medical record|member id|policy number)\b|\b\d{3}-\d{2}-\d{4}\b`)
	for _, s := range samples(t) {
		m := parse(t, s.Raw(time.Now()), nil)
		text := m.Text + "\n" + m.HTML + "\n" + m.Subject
		for _, f := range m.Fields {
			text += "\n" + f.Value
		}
		for _, found := range address.FindAllString(text, -1) {
			if !strings.HasSuffix(found, ".example") {
				t.Errorf("%s holds the address %s", s.File, found)
			}
		}
		for _, found := range phone.FindAllString(text, -1) {
			if !regexp.MustCompile(`555[ .-]01\d\d`).MatchString(found) {
				t.Errorf("%s holds the telephone number %s", s.File, found)
			}
		}
		for _, found := range host.FindAllStringSubmatch(m.Text, -1) {
			if !strings.HasSuffix(found[1], ".example") {
				t.Errorf("%s links to %s", s.File, found[1])
			}
		}
		if found := identity.FindString(text); found != "" {
			t.Errorf("%s holds %q", s.File, found)
		}
	}
}

func TestASampleRepliesToWhatTheAskerGot(t *testing.T) {
	t.Parallel()
	list := samples(t)
	thanks, automatic := list[12], list[13]
	got := []byte("From: consult@firm.example\r\nSubject: Re: Sepsis DRG [CC-4821-K7RQ9]\r\nMessage-ID: <s1@firm.example>\r\nIn-Reply-To: <7f3d9c2e14a84b0d9e56@hospital.example>\r\nReferences: <7f3d9c2e14a84b0d9e56@hospital.example>\r\n\r\nx\r\n")
	inbox := []Mail{{ID: 1, Raw: question("other")}, {ID: 2, Raw: got}, {ID: 3, Raw: question("newer")}}
	if m, ok := thanks.Answered(inbox); !ok || m.ID != 2 {
		t.Errorf("the thank-you answers mail %d, %v", m.ID, ok)
	}
	if _, ok := thanks.Answered(inbox[:1]); ok {
		t.Error("the thank-you answers a mail about something else")
	}
	m := parse(t, thanks.Reply(time.Now(), got), nil)
	if m.Subject != "Re: Sepsis DRG [CC-4821-K7RQ9]" || len(m.InReplyTo) != 1 || m.InReplyTo[0] != "s1@firm.example" || len(m.References) != 2 {
		t.Errorf("the thank-you is threaded as %q, %v, %v", m.Subject, m.InReplyTo, m.References)
	}
	if m := parse(t, automatic.Reply(time.Now(), got), nil); !strings.HasPrefix(m.Subject, "Automatic reply: Re:") {
		t.Errorf("the automatic reply's subject is %q", m.Subject)
	}
}

func TestAVariantIsAnotherMail(t *testing.T) {
	t.Parallel()
	list := samples(t)
	variant := list[0].Variant(time.Now(), "Other <other@clinic.example>", "desk@else.example", "v1@bench.example")
	m := parse(t, variant, nil)
	if m.From.Address != "other@clinic.example" || len(m.To) != 1 || m.To[0].Address != "desk@else.example" || m.MessageID != "v1@bench.example" || !strings.Contains(m.Text, "31297-50") {
		t.Errorf("the variant is read as %v to %v, %q, %q", m.From, m.To, m.MessageID, m.Text)
	}
	if m := parse(t, list[0].Variant(time.Now(), "", firm, "v2@bench.example"), nil); m.From.Address != lee {
		t.Errorf("without another sender it is from %v", m.From)
	}
}
