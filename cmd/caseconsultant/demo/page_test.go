package demo

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
)

const answerMail = "From: Example Coding Advisers <consult@firm.example>\r\nTo: lee@ent.example\r\nSubject: Re: one [CC-4821-K7RQ9]\r\nMessage-ID: <s1@firm.example>\r\n" +
	"References: <one@ent.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n" +
	"--b\r\nContent-Type: text/plain\r\n\r\nIn plain words.\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>In <b>HTML</b>.</p><script>alert(1)</script>\r\n--b--\r\n"

type pageBundle struct {
	office *Office
	server *httptest.Server
	client *http.Client
}

func setupPage(t *testing.T) *pageBundle {
	t.Helper()
	o := openOffice(t, "")
	page, err := NewPage(o, PageOptions{Firm: firm, DeskURL: "http://127.0.0.1:8025"})
	if err != nil {
		t.Fatal(err)
	}
	b := &pageBundle{office: o, server: httptest.NewServer(page)}
	b.client = b.server.Client()
	t.Cleanup(b.server.Close)
	return b
}

func (b *pageBundle) get(t *testing.T, path string) (*goquery.Document, *http.Response) {
	t.Helper()
	r, err := b.client.Get(b.server.URL + path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	doc, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc, r
}

func (b *pageBundle) post(t *testing.T, fields map[string]string, change func(*http.Request)) (*goquery.Document, *http.Response) {
	t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	for name, value := range fields {
		if name == "file" {
			part, err := w.CreateFormFile("file", "note.txt")
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(part, value)
			continue
		}
		if err := w.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), "POST", b.server.URL+"/write", &body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", w.FormDataContentType())
	request.Header.Set("Sec-Fetch-Site", "same-origin")
	if change != nil {
		change(request)
	}
	r, err := b.client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	doc, err := goquery.NewDocumentFromReader(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return doc, r
}

func TestPageShowsWhatAnAskerGets(t *testing.T) {
	t.Parallel()
	b := setupPage(t)
	if err := b.office.Send(t.Context(), firm, []string{lee}, []byte(answerMail)); err != nil {
		t.Fatal(err)
	}
	doc, r := b.get(t, "/")
	if r.Request.URL.Path != "/inbox/lee@ent.example" || doc.Find("#list li .subject").Text() != "Re: one [CC-4821-K7RQ9]" || doc.Find("#list .from").Text() != "Example Coding Advisers" {
		t.Errorf("the first page is %s with %q", r.Request.URL, doc.Find("#list").Text())
	}
	path, _ := doc.Find("#list li a").Attr("href")
	doc, r = b.get(t, path)
	frame := doc.Find("#reader iframe")
	source, _ := frame.Attr("src")
	sandbox, sandboxed := frame.Attr("sandbox")
	if source != path+"/html" || !sandboxed || sandbox != "" || doc.Find("h1").Text() != "Re: one [CC-4821-K7RQ9]" || !strings.Contains(doc.Find(".head").Text(), "automatic") {
		t.Errorf("the mail is shown as %s", doc.Find("#reader").Text())
	}
	if policy := r.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") {
		t.Errorf("the page's policy is %q", policy)
	}
	part, r := b.get(t, source)
	if policy := r.Header.Get("Content-Security-Policy"); !strings.HasPrefix(policy, "sandbox; default-src 'none'") || part.Find("b").Text() != "HTML" {
		t.Errorf("the HTML part comes with %q", policy)
	}
	if doc, _ := b.get(t, path+"?show=text"); strings.TrimSpace(doc.Find("#reader pre").Text()) != "In plain words." {
		t.Errorf("the text part is shown as %q", doc.Find("#reader pre").Text())
	}
	if doc, _ := b.get(t, path+"?show=raw"); !strings.Contains(doc.Find("#reader pre").Text(), "Message-ID: <s1@firm.example>") || doc.Find("#reader script").Length() != 0 {
		t.Error("the mail as it came is not shown, or runs")
	}
	if _, r := b.get(t, path+"/raw"); r.Header.Get("Content-Disposition") == "" {
		t.Error("the download would be shown")
	}
	send(t, b.office, question("asked"))
	if doc, _ := b.get(t, "/inbox/lee@ent.example"); doc.Find("#list li").Length() != 2 || !strings.Contains(doc.Find("#list li").First().Text(), "to the firm") {
		t.Errorf("what the asker sent is not in the list: %s", doc.Find("#list").Text())
	} else {
		sent := doc.Find("#list li a").First().AttrOr("href", "")
		if doc, _ := b.get(t, sent); doc.Find("#accounts [aria-current]").Text() != "lee@ent.example1" || !strings.Contains(doc.Find("#reader pre").Text(), "May we?") || doc.Find(".tabs .button").Length() != 0 {
			t.Errorf("what the asker sent is shown as %s", doc.Find("body").Text())
		}
	}
	for _, missing := range []string{"/mail/99", "/mail/x", "/inbox/nobody@else.example"} {
		if doc, r := b.get(t, missing); r.StatusCode != http.StatusNotFound || doc.Find(".error").Text() == "" {
			t.Errorf("%s: %d", missing, r.StatusCode)
		}
	}
}

func TestPageWritesAsAnAsker(t *testing.T) {
	t.Parallel()
	b := setupPage(t)
	_, r := b.post(t, map[string]string{"as": "New@Clinic.example", "subject": "Über 20610\r\nBcc: x@y.example", "text": "May we?\r\n.\r\nThanks", "file": "a note"}, nil)
	if r.Request.URL.Path != "/inbox/new@clinic.example" {
		t.Errorf("after sending one is at %s", r.Request.URL)
	}
	inbox := b.office.Inbox(firm)
	if len(inbox) != 1 {
		t.Fatalf("%d mails came", len(inbox))
	}
	files := map[string][]byte{}
	m := parse(t, inbox[0].Raw, files)
	if m.From.Address != "new@clinic.example" || m.Subject != "Über 20610 Bcc: x@y.example" || !strings.Contains(m.Text, "May we?\n.\nThanks") || m.MessageID == "" ||
		time.Since(m.Date) > time.Minute || string(files["note.txt"]) != "a note" || !strings.Contains(string(inbox[0].Raw), "dmarc=pass") {
		t.Errorf("what came: %+v\n%s", m, inbox[0].Raw)
	}

	t.Run("Reply", func(t *testing.T) {
		if err := b.office.Send(t.Context(), firm, []string{lee}, []byte(answerMail)); err != nil {
			t.Fatal(err)
		}
		id := b.office.Inbox(lee)[0].ID
		doc, _ := b.get(t, fmt.Sprintf("/write?answers=%d", id))
		form := url.Values{}
		doc.Find("form [name]").Each(func(_ int, s *goquery.Selection) {
			name, _ := s.Attr("name")
			if value, ok := s.Attr("value"); ok {
				form.Set(name, value)
			} else {
				form.Set(name, s.Text())
			}
		})
		if form.Get("as") != lee || form.Get("subject") != "Re: one [CC-4821-K7RQ9]" || !strings.Contains(form.Get("text"), "> In plain words.") {
			t.Errorf("the reply begins as %v", form)
		}
		b.post(t, map[string]string{"as": form.Get("as"), "subject": form.Get("subject"), "answers": form.Get("answers"), "text": "And on the left?\n" + form.Get("text")}, nil)
		inbox := b.office.Inbox(firm)
		m := parse(t, inbox[len(inbox)-1].Raw, nil)
		if len(m.InReplyTo) != 1 || m.InReplyTo[0] != "s1@firm.example" || strings.Join(m.References, " ") != "one@ent.example s1@firm.example" {
			t.Errorf("the reply is threaded as %v, %v", m.InReplyTo, m.References)
		}
	})
	t.Run("Refused", func(t *testing.T) {
		before := len(b.office.Inbox(firm))
		for name, fields := range map[string]map[string]string{
			"NoAddress": {"as": "lee", "text": "x"},
			"NoText":    {"as": lee, "text": " "},
		} {
			doc, r := b.post(t, fields, nil)
			if r.StatusCode != http.StatusUnprocessableEntity || doc.Find(".error").Text() == "" || doc.Find("input[name=as]").AttrOr("value", "") != fields["as"] {
				t.Errorf("%s: %d %q", name, r.StatusCode, doc.Find(".error").Text())
			}
		}
		foreign := func(r *http.Request) {
			r.Header.Set("Sec-Fetch-Site", "cross-site")
			r.Header.Set("Origin", "https://attacker.example")
		}
		if _, r := b.post(t, map[string]string{"as": lee, "text": "x"}, foreign); r.StatusCode != http.StatusForbidden {
			t.Errorf("another site's form: %d", r.StatusCode)
		}
		rebound := func(r *http.Request) { r.Host = "attacker.example" }
		if _, r := b.post(t, map[string]string{"as": lee, "text": "x"}, rebound); r.StatusCode != http.StatusForbidden {
			t.Errorf("under another name: %d", r.StatusCode)
		}
		if now := len(b.office.Inbox(firm)); now != before {
			t.Errorf("%d of them were sent", now-before)
		}
	})
}

func TestPageHearsOfChanges(t *testing.T) {
	t.Parallel()
	b := setupPage(t)
	version, _ := b.office.Changes()
	answered := make(chan string, 1)
	go func() {
		r, err := b.client.Get(fmt.Sprintf("%s/changes?since=%d", b.server.URL, version))
		if err != nil {
			answered <- err.Error()
			return
		}
		defer r.Body.Close()
		text, _ := io.ReadAll(r.Body)
		answered <- string(text)
	}()
	send(t, b.office, question("one"))
	select {
	case text := <-answered:
		if !strings.Contains(text, `"version":`) {
			t.Errorf("the answer is %s", text)
		}
	case <-time.After(20 * time.Second):
		t.Error("the change was not told")
	}
}
