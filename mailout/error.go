package mailout

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/textproto"
	"os"
	"strings"
	"syscall"
)

// Phase is the step of an SMTP dialogue (RFC 5321 section 4.1.4) in which
// something happened.
type Phase string

// The phases in their order.
const (
	PhaseDial     Phase = "dial"     // name look-up, TCP, and TLS on smtps
	PhaseGreeting Phase = "greeting" // the server's 220, EHLO, STARTTLS
	PhaseAuth     Phase = "auth"     // sign-in
	PhaseMail     Phase = "mail"     // MAIL FROM
	PhaseRcpt     Phase = "rcpt"     // RCPT TO
	PhaseData     Phase = "data"     // DATA until its 354
	PhaseBody     Phase = "body"     // the message's bytes
	PhaseDot      Phase = "dot"      // from the first byte of the final dot to the reply
)

// Error is a mail that was not, or not certainly, accepted. Its text holds the
// phase and the reply codes alone, so that it may be logged; Response and Err
// may hold addresses and must be sealed or dropped.
type Error struct {
	Phase Phase
	// Permanent: the server refused this mail for good (a 5xx to MAIL, RCPT, DATA
	// or the message itself), or no server of its abilities can take it. What goes
	// wrong before MAIL (connection, TLS, sign-in) says nothing about the mail and
	// is never permanent; see Operator.
	Permanent bool
	// Operator: the connection or the sign-in is at fault, every mail would fail
	// alike, and the operator has to act (wrong password, certificate, no
	// STARTTLS, unknown host).
	Operator bool
	// Code is the server's reply code, for example 550; 0 when it did not reply.
	Code int
	// Enhanced is the enhanced status code (RFC 3463), for example "5.1.1"; "" when
	// the server gave none.
	Enhanced string
	// Response is the server's reply in full, lines separated by LF. It may hold
	// addresses.
	Response string
	// Recipient is the index in Envelope.To that was refused in phase rcpt, else -1.
	Recipient int
	// Err is what lies beneath, for errors.Is and errors.As. Its text may hold
	// addresses.
	Err error
}

// Error names phase and codes, nothing else.
func (e *Error) Error() string {
	switch {
	case e.Code != 0 && e.Enhanced != "":
		return fmt.Sprintf("smtp %s: server replied %d %s", e.Phase, e.Code, e.Enhanced)
	case e.Code != 0:
		return fmt.Sprintf("smtp %s: server replied %d", e.Phase, e.Code)
	default:
		return fmt.Sprintf("smtp %s: %s", e.Phase, reason(e.Err))
	}
}

// Unwrap gives Err.
func (e *Error) Unwrap() error { return e.Err }

// LogValue keeps Response and Err out of structured logs too.
func (e *Error) LogValue() slog.Value { return slog.StringValue(e.Error()) }

// Uncertain reports whether the server may have taken the mail: the final dot
// was begun and no refusal (4xx, 5xx) was read. Sending again may then deliver
// twice.
func (e *Error) Uncertain() bool {
	return e.Phase == PhaseDot && e.Code/100 != 4 && e.Code/100 != 5
}

// Faults that the sender itself finds.
var (
	// ErrNoSTARTTLS: an smtp:// server does not offer STARTTLS, and mail does not
	// go out in clear.
	ErrNoSTARTTLS = errors.New("the server offers no STARTTLS: use its smtps:// port, or another server")
	// ErrNoAuth: the server offers no way to sign in that we know.
	ErrNoAuth = errors.New("the server offers no sign-in method that we can use: leave out username, or use another port")
	// ErrSecret: what SenderOptions.Password or Token returned instead of a secret.
	ErrSecret = errors.New("the password or token could not be read: look at password_env, password_file, password_command or oauth2")
	// ErrEndlessReply: a reply that has no end.
	ErrEndlessReply = errors.New("the server's reply has no end")
	// ErrNoSMTPUTF8: an address has a non-ASCII local part and the server cannot
	// carry it (RFC 6531).
	ErrNoSMTPUTF8 = errors.New("the server cannot carry non-ASCII addresses")
	// ErrTooLarge: the message is larger than the server says it takes (RFC 1870).
	ErrTooLarge = errors.New("the message is larger than the server takes")
	// ErrNotLoopback: an smtp+insecure:// host is not this machine.
	ErrNotLoopback = errors.New("smtp+insecure:// is for a loopback address only")
	// ErrBareLineEnd: the stored bytes hold a CR or LF of its own, which servers
	// read differently (SMTP smuggling); they are refused rather than changed.
	ErrBareLineEnd = errors.New("the message holds a bare CR or LF")
	// ErrTimeout: the server said nothing within the phase's time.
	ErrTimeout = errors.New("the server did not reply in time")
	// ErrEarlyReply: the server spoke, or hung up, before the message was complete.
	ErrEarlyReply = errors.New("the server broke in before the message was complete")
	// ErrSize: the body had not the size that was announced.
	ErrSize = errors.New("the message has not the size that was announced")
	// ErrClosed: the Sender was closed.
	ErrClosed = errors.New("the sender is closed")
)

// reason describes a cause in words that hold no name or address.
func reason(err error) string {
	for _, own := range []error{ErrNoSTARTTLS, ErrNoAuth, ErrSecret, ErrEndlessReply, ErrNoSMTPUTF8, ErrTooLarge, ErrNotLoopback, ErrBareLineEnd,
		ErrTimeout, ErrEarlyReply, ErrSize, ErrClosed} {
		if errors.Is(err, own) {
			return own.Error()
		}
	}
	var dns *net.DNSError
	var certificate *tls.CertificateVerificationError
	var unknown x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var alert tls.AlertError
	var record tls.RecordHeaderError
	switch {
	case err == nil:
		return "failed"
	case errors.Is(err, context.Canceled):
		return "cancelled"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return ErrTimeout.Error()
	case errors.As(err, &dns):
		return "the server's name could not be looked up"
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &hostname):
		return "the server's certificate is not valid for it"
	case errors.As(err, &alert), errors.As(err, &record):
		return "the TLS handshake failed"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "connection refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE), errors.Is(err, io.EOF),
		errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, net.ErrClosed):
		return "the connection broke"
	case errors.Is(err, errBrokenOff):
		return "broken off before the final dot"
	default:
		return "failed"
	}
}

// errBrokenOff wraps what the caller's beforeDot returned.
var errBrokenOff = errors.New("broken off by the caller")

// newError makes an Error of what happened in a phase.
func newError(phase Phase, err error) *Error {
	e := &Error{Phase: phase, Recipient: -1, Err: err}
	var reply *textproto.Error
	if errors.As(err, &reply) && reply.Code != 0 {
		e.Code = reply.Code
		e.Response = reply.Msg
		e.Enhanced = enhanced(reply.Msg)
	}
	before := phase == PhaseDial || phase == PhaseGreeting || phase == PhaseAuth
	switch {
	case e.Code == 0:
		e.Operator = before && operatorFault(err)
	case before:
		// A 5xx to the connection or the sign-in is the operator's to mend: a changed
		// password must not turn every waiting mail into a failed one.
		e.Operator = e.Code/100 == 5
	case e.Code == 530 || e.Code == 534 || e.Code == 535 || e.Code == 538:
		// RFC 4954 section 6: the server wants a (better) sign-in first.
		e.Operator = true
	default:
		e.Permanent = e.Code/100 == 5
	}
	return e
}

// operatorFault tells a lasting fault of the configuration from a passing one.
func operatorFault(err error) bool {
	var dns *net.DNSError
	if errors.As(err, &dns) {
		return dns.IsNotFound
	}
	if errors.Is(err, ErrNoSTARTTLS) || errors.Is(err, ErrNoAuth) || errors.Is(err, ErrNotLoopback) || errors.Is(err, ErrSecret) {
		return true
	}
	var certificate *tls.CertificateVerificationError
	return errors.As(err, &certificate)
}

// enhanced reads the enhanced status code at the start of a reply's text
// (RFC 2034 section 4): class "." subject "." detail.
func enhanced(msg string) string {
	word, _, _ := strings.Cut(msg, " ")
	word, _, _ = strings.Cut(word, "\n")
	parts := strings.Split(word, ".")
	if len(parts) != 3 || (parts[0] != "2" && parts[0] != "4" && parts[0] != "5") {
		return ""
	}
	for _, part := range parts[1:] {
		if part == "" || len(part) > 3 || strings.Trim(part, "0123456789") != "" {
			return ""
		}
	}
	return word
}
