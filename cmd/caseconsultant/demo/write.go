package demo

import (
	"bytes"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-message/mail"
)

// maxForm bounds what the browser may send: one mail with its attachments.
const maxForm = 40 << 20

// write shows an empty mail, or a reply to one.
func (p *Page) write(w http.ResponseWriter, r *http.Request) {
	form := &writeView{As: r.URL.Query().Get("as")}
	if id, err := strconv.ParseInt(r.URL.Query().Get("answers"), 10, 64); err == nil {
		if m, ok := p.office.Mail(id); ok {
			form.As, form.Answers = m.Account, id
			read := readMail(m, "text")
			form.Subject = replySubject(read.Subject)
			form.Text = "\n\n" + quote(read)
		}
	}
	v := p.view(form.As)
	v.Title, v.Write = "Write", form
	p.render(w, http.StatusOK, v)
}

func replySubject(s string) string {
	if len(s) >= 3 && strings.EqualFold(s[:3], "re:") {
		return s
	}
	return "Re: " + s
}

// quote is the history below a reply, as mail programs write it.
func quote(m *mailView) string {
	var b strings.Builder
	fmt.Fprintf(&b, "On %s, %s wrote:\n", m.At.Format("Mon, 2 Jan 2006 at 15:04"), m.From)
	for line := range strings.Lines(strings.TrimSpace(m.Text)) {
		b.WriteString(strings.TrimRight("> "+strings.TrimRight(line, "\n"), " ") + "\n")
	}
	return b.String()
}

// send hands what was written to the SMTP server.
func (p *Page) send(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseMultipartForm(8 << 20); err != nil {
		p.fail(w, http.StatusBadRequest, "The mail could not be read. With its attachments it may have up to 40 MB.")
		return
	}
	defer func() { _ = r.MultipartForm.RemoveAll() }()
	form := &writeView{As: r.PostFormValue("as"), Subject: r.PostFormValue("subject"), Text: r.PostFormValue("text")}
	form.Answers, _ = strconv.ParseInt(r.PostFormValue("answers"), 10, 64)
	err := p.hand(r, form)
	if err != nil {
		v := p.view(form.As)
		v.Title, v.Write, v.Error = "Write", form, sentence(err)
		p.render(w, http.StatusUnprocessableEntity, v)
		return
	}
	address, _ := plainAddress(form.As)
	http.Redirect(w, r, accountView{Address: address}.Path(), http.StatusSeeOther)
}

func sentence(err error) string {
	s := err.Error()
	return strings.ToUpper(s[:1]) + s[1:] + "."
}

func (p *Page) hand(r *http.Request, form *writeView) error {
	from, err := plainAddress(form.As)
	if err != nil {
		return fmt.Errorf("your address: %w", err)
	}
	files := r.MultipartForm.File["file"]
	if strings.TrimSpace(form.Text) == "" && strings.TrimSpace(form.Subject) == "" && len(files) == 0 {
		return fmt.Errorf("%w: write a question", errForm)
	}
	var h mail.Header
	h.SetAddressList("From", []*mail.Address{{Address: from}})
	h.SetAddressList("To", []*mail.Address{{Address: p.options.Firm}})
	h.SetSubject(strings.Join(strings.Fields(form.Subject), " "))
	h.SetDate(time.Now())
	_, domain, _ := strings.Cut(from, "@")
	h.SetMessageID(strings.ToLower(rand.Text()) + "@" + domain)
	if m, ok := p.office.Mail(form.Answers); ok {
		eachField(m.Raw, func(name string, field []byte) bool {
			switch name {
			case "message-id":
				id := fieldValue(field)
				h.Set("In-Reply-To", id)
				h.Set("References", strings.TrimSpace(h.Get("References")+" "+id))
			case "references":
				h.Set("References", strings.TrimSpace(fieldValue(field)+" "+h.Get("References")))
			}
			return true
		})
	}
	raw, err := compose(h, form.Text, func(w *mail.Writer) error {
		for _, file := range files {
			content, err := file.Open()
			if err != nil {
				return err
			}
			err = attach(w, file.Filename, file.Header.Get("Content-Type"), content)
			if err = errors.Join(err, content.Close()); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("put the mail together: %w", err)
	}
	return p.office.Send(r.Context(), from, []string{p.options.Firm}, raw)
}

func compose(h mail.Header, text string, attachments func(*mail.Writer) error) ([]byte, error) {
	var b bytes.Buffer
	w, err := mail.CreateWriter(&b, h)
	if err != nil {
		return nil, err
	}
	var body mail.InlineHeader
	body.SetContentType("text/plain", map[string]string{"charset": "utf-8"})
	part, err := w.CreateSingleInline(body)
	if err != nil {
		return nil, err
	}
	_, err = io.WriteString(part, strings.ReplaceAll(strings.ReplaceAll(text, "\r\n", "\n"), "\n", "\r\n"))
	if err = errors.Join(err, part.Close()); err != nil {
		return nil, err
	}
	if err := attachments(w); err != nil {
		return nil, err
	}
	err = w.Close()
	return b.Bytes(), err
}

func attach(w *mail.Writer, name, contentType string, content io.Reader) error {
	var h mail.AttachmentHeader
	if contentType == "" {
		contentType = "application/octet-stream"
	}
	h.Set("Content-Type", contentType)
	h.SetFilename(filepath.Base(name))
	part, err := w.CreateAttachment(h)
	if err != nil {
		return err
	}
	_, err = io.Copy(part, content)
	return errors.Join(err, part.Close())
}
