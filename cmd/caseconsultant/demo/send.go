package demo

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"mime"
	"net"
	"time"

	"github.com/emersion/go-message/charset"
	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"
)

// sendTimeout bounds one hand-over to a server on this machine.
const sendTimeout = 30 * time.Second

// Send hands a mail to the office's SMTP server over the wire, signed in as its sender, as a mail program does.
func (o *Office) Send(ctx context.Context, from string, to []string, raw []byte) error {
	if err := o.Add(from); err != nil {
		return fmt.Errorf("send as %q: %w", from, err)
	}
	var dialer net.Dialer
	conn, err := dialer.DialContext(ctx, "tcp", o.SMTP())
	if err != nil {
		return fmt.Errorf("reach the demo's SMTP server: %w", err)
	}
	_ = conn.SetDeadline(time.Now().Add(sendTimeout))
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	client := smtp.NewClient(conn)
	defer client.Close()
	if err := client.Hello("laptop.example"); err != nil {
		return fmt.Errorf("greet the demo's SMTP server: %w", err)
	}
	if err := client.Auth(sasl.NewPlainClient("", from, o.options.Password)); err != nil {
		return fmt.Errorf("sign in to the demo's SMTP server: %w", err)
	}
	if err := client.SendMail(from, to, bytes.NewReader(raw)); err != nil {
		return fmt.Errorf("hand a mail to the demo's SMTP server: %w", err)
	}
	_ = client.Quit() // the mail is taken; how they part does not matter
	return nil
}

// decodeWords reads encoded words (RFC 2047); what it cannot read stays as it is.
func decodeWords(s string) string {
	decoder := mime.WordDecoder{CharsetReader: func(name string, r io.Reader) (io.Reader, error) { return charset.Reader(name, r) }}
	decoded, err := decoder.DecodeHeader(s)
	if err != nil {
		return s
	}
	return decoded
}
