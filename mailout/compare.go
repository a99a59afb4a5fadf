package mailout

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"mime"
	netmail "net/mail"
	"strings"
	"time"

	"github.com/emersion/go-message"
	"github.com/emersion/go-message/mail"
)

// lineLimit of RFC 5322 section 2.1.1, in octets without CRLF.
const lineLimit = 998

// compare reads composed bytes back and checks that they say what the letter
// says, and nothing else. What was built is not taken on trust: parts have been
// lost by mail libraries before, and headers were added by strangers' subjects.
// Its errors name fields, never values.
func compare(b []byte, p *preparedLetter) error {
	if err := compareLines(b, p.utf8); err != nil {
		return err
	}
	entity, err := message.Read(bytes.NewReader(b))
	if err != nil {
		return fmt.Errorf("it does not parse: %w", err)
	}
	if err := compareHeader(mail.Header{Header: entity.Header}, p); err != nil {
		return err
	}
	return compareParts(entity, p)
}

// compareLines checks the form of the bytes.
func compareLines(b []byte, utf8 bool) error {
	length := 0
	for i, c := range b {
		switch {
		case c == '\n':
			if i == 0 || b[i-1] != '\r' {
				return errors.New("it has a bare LF")
			}
			length = 0
			continue
		case i > 0 && b[i-1] == '\r':
			return errors.New("it has a bare CR")
		case c >= 0x80 && !utf8:
			return errors.New("it is not 7 bit")
		case c == 0:
			return errors.New("it has a NUL")
		}
		if c != '\r' {
			if length++; length > lineLimit {
				return errors.New("it has a line of more than 998 octets")
			}
		}
	}
	return nil
}

// compareHeader wants each field once, with its value, and no other.
func compareHeader(h mail.Header, p *preparedLetter) error {
	want := map[string]func(string) bool{
		"mime-version": func(v string) bool { return v == "1.0" },
		"content-type": func(string) bool { return true }, // the parts are compared themselves
		"date": func(v string) bool {
			got, err := netmail.ParseDate(v)
			if err != nil {
				return false
			}
			set, err := time.Parse("Mon, 02 Jan 2006 15:04:05 -0700", p.date)
			return err == nil && got.Equal(set)
		},
		"from": addressesEqual(p.from),
		"to":   addressesEqual(p.to...),
	}
	if len(p.cc) > 0 {
		want["cc"] = addressesEqual(p.cc...)
	}
	if p.replyTo != nil {
		want["reply-to"] = addressesEqual(p.replyTo)
	}
	if p.html == "" && len(p.files) == 0 {
		want["content-transfer-encoding"] = func(v string) bool { return v == "quoted-printable" }
	}
	var words mime.WordDecoder
	for _, field := range p.headers {
		want[strings.ToLower(field.name)] = func(v string) bool {
			decoded, err := words.DecodeHeader(v)
			return err == nil && decoded == field.value
		}
	}
	seen := map[string]bool{}
	for fields := h.Fields(); fields.Next(); {
		key := strings.ToLower(fields.Key())
		check, ok := want[key]
		if !ok {
			return errors.New("it has a header field that was not asked for")
		}
		if seen[key] {
			return fmt.Errorf("it has the field %s twice", key)
		}
		seen[key] = true
		if !check(fields.Value()) {
			return fmt.Errorf("its field %s is not what was given", key)
		}
	}
	for key := range want {
		if !seen[key] {
			return fmt.Errorf("its field %s is missing", key)
		}
	}
	return nil
}

// addressesEqual compares an address field with the addresses that it should hold.
func addressesEqual(want ...*netmail.Address) func(string) bool {
	return func(v string) bool {
		got, err := netmail.ParseAddressList(v)
		if err != nil || len(got) != len(want) {
			return false
		}
		for i := range got {
			if got[i].Address != want[i].Address || got[i].Name != want[i].Name {
				return false
			}
		}
		return true
	}
}

// compareParts wants the text, the HTML and each attachment, in this order.
func compareParts(entity *message.Entity, p *preparedLetter) error {
	type part struct {
		media, name string
		attached    bool
		body        []byte
	}
	var parts []part
	err := entity.Walk(func(_ []int, e *message.Entity, err error) error {
		if err != nil {
			return err
		}
		media, _, err := e.Header.ContentType()
		if err != nil {
			return err
		}
		if strings.HasPrefix(media, "multipart/") {
			return nil
		}
		body, err := io.ReadAll(e.Body)
		if err != nil {
			return err
		}
		disposition, _, _ := e.Header.ContentDisposition()
		name, err := (&mail.AttachmentHeader{Header: e.Header}).Filename()
		if err != nil {
			return err
		}
		parts = append(parts, part{media, name, disposition == "attachment", body})
		return nil
	})
	if err != nil {
		return fmt.Errorf("its parts do not parse: %w", err)
	}
	var want []part
	want = append(want, part{media: "text/plain", body: []byte(p.text)})
	if p.html != "" {
		want = append(want, part{media: "text/html", body: []byte(p.html)})
	}
	if len(parts) != len(want)+len(p.files) {
		return fmt.Errorf("it has %d parts instead of %d", len(parts), len(want)+len(p.files))
	}
	for i, w := range want {
		got := bytes.ReplaceAll(parts[i].body, []byte("\r\n"), []byte("\n"))
		if parts[i].media != w.media || parts[i].attached || !bytes.Equal(bytes.TrimRight(got, "\n"), bytes.TrimRight(w.body, "\n")) {
			return fmt.Errorf("its %s part is not what was given", w.media)
		}
	}
	for i, f := range p.files {
		got := parts[len(want)+i]
		if got.media != f.contentType || !got.attached || got.name != f.name || sha256.Sum256(got.body) != f.sum {
			return fmt.Errorf("its attachment %d is not what was given", i+1)
		}
	}
	return nil
}
