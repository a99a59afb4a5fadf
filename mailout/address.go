package mailout

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// Address is a mailbox with the name that people see.
type Address struct {
	Name    string // decoded, any script; control characters are dropped
	Address string // "ann@clinic.example"
}

// ErrAddress is what an address that cannot be written to is refused with. The
// error never holds the address itself.
var ErrAddress = errors.New("not a mail address")

// asciiDomain gives a domain as it goes over the wire: lower case, IDN labels
// as punycode (RFC 5891; the mail libraries below us send them raw). Address
// literals such as [192.0.2.1] are refused: nobody asks from one.
func asciiDomain(domain string) (string, error) {
	if domain == "" || len(domain) > 255 {
		return "", ErrAddress
	}
	if isASCII(domain) {
		domain = strings.ToLower(domain)
	} else {
		ascii, err := idna.Lookup.ToASCII(domain)
		if err != nil {
			return "", fmt.Errorf("%w: its domain cannot be written in ASCII", ErrAddress)
		}
		domain = ascii
	}
	// Underscores are no host name, but domains with them receive mail.
	for label := range strings.SplitSeq(strings.TrimSuffix(domain, "."), ".") {
		if label == "" || len(label) > 63 || strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return "", ErrAddress
		}
	}
	return strings.TrimSuffix(domain, "."), nil
}

// wireAddress gives an address as it goes into headers and commands, without
// angle brackets: domain in ASCII, local part as it is (quoted by those who print it).
//
// QUIRK: RFC 5321 allows no dot at the ends of a local part and no two in a row;
// some providers have handed such addresses out, and they can be written to
// when quoted. So they are let through here, and quoted.
func wireAddress(address string) (string, error) {
	at := strings.LastIndexByte(address, '@')
	if at < 1 || !utf8.ValidString(address) {
		return "", ErrAddress
	}
	local, domain := address[:at], address[at+1:]
	domain, err := asciiDomain(domain)
	if err != nil {
		return "", err
	}
	if local[0] == '"' {
		parsed, err := netmail.ParseAddress(local + "@" + domain)
		if err != nil || parsed.Name != "" {
			return "", ErrAddress
		}
		local = parsed.Address[:strings.LastIndexByte(parsed.Address, '@')]
		for _, r := range local {
			if unicode.IsControl(r) {
				return "", ErrAddress
			}
		}
	} else {
		for _, r := range local {
			if r < utf8.RuneSelf && !strings.ContainsRune(atext, r) || !unicode.IsGraphic(r) || unicode.IsSpace(r) {
				return "", ErrAddress
			}
		}
	}
	if local == "" || len(local) > 64 && isASCII(local) || len(local) > 255 {
		return "", ErrAddress
	}
	return local + "@" + domain, nil
}

// atext of RFC 5322 section 3.2.3, with the dot.
const atext = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~"

// smtpPath gives an address as it stands in MAIL and RCPT: in angle brackets, its
// local part quoted where it must be.
func smtpPath(wire string) string {
	if wire == "" {
		return "<>"
	}
	return (&netmail.Address{Address: wire}).String()
}

// isASCII reports whether a text needs no encoding at all.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// prepared is an Envelope in wire form.
type prepared struct {
	from string // with angle brackets
	to   []string
	utf8 bool // some local part is not ASCII: needs SMTPUTF8 (RFC 6531)
}

// prepareEnvelope checks an Envelope and puts it into wire form.
func prepareEnvelope(envelope Envelope) (prepared, error) {
	var e prepared
	if envelope.From != "" {
		wire, err := wireAddress(envelope.From)
		if err != nil {
			return e, fmt.Errorf("envelope sender: %w", err)
		}
		e.utf8 = !isASCII(wire)
		e.from = smtpPath(wire)
	} else {
		e.from = smtpPath("")
	}
	if len(envelope.To) == 0 {
		return e, fmt.Errorf("envelope: no recipient: %w", ErrAddress)
	}
	for i, to := range envelope.To {
		wire, err := wireAddress(to)
		if err != nil {
			return e, fmt.Errorf("envelope recipient %d: %w", i+1, err)
		}
		e.utf8 = e.utf8 || !isASCII(wire)
		e.to = append(e.to, smtpPath(wire))
	}
	return e, nil
}
