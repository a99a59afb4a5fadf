package mailout

import (
	"bytes"
	"testing"

	"caseconsultant/mailout/smtptest"
)

func BenchmarkSummary(b *testing.B) {
	l := testLetters(b)
	for b.Loop() {
		if _, err := l.Summary(sinus()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCompose(b *testing.B) {
	content, err := testLetters(b).Summary(sinus())
	if err != nil {
		b.Fatal(err)
	}
	l := letter()
	l.Subject, l.Text, l.HTML = content.Subject, content.Text, content.HTML
	for b.Loop() {
		if _, err := Compose(l); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSend is one mail over a kept TLS connection to a server on this
// machine: five round trips, with the last look before the dot.
func BenchmarkSend(b *testing.B) {
	server := smtptest.New(b, smtptest.Options{Security: smtptest.TLS})
	options := optionsFor(server)
	options.MaxMails = 1 << 30
	s := newSender(b, options)
	body, err := Compose(letter())
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := s.Send(b.Context(), envelope, int64(len(body)), bytes.NewReader(body), nil); err != nil {
			b.Fatal(err)
		}
	}
}
