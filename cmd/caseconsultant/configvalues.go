package main

import (
	"errors"
	"fmt"
	"math"
	"net"
	"net/mail"
	"strconv"
	"strings"
	"time"

	"caseconsultant/mailin"
)

// Size is a number of bytes, written "50MB". Units count in thousands (KB, MB, GB) or, with an i, in 1,024s.
type Size int64

var sizeUnits = []struct {
	name  string
	bytes int64
}{
	{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1},
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Size) UnmarshalText(text []byte) error {
	wrong := errors.New(`write a size such as "50MB" (B, KB, MB, GB, KiB, MiB or GiB)`)
	for _, unit := range sizeUnits {
		number, ok := cutSuffixFold(string(text), unit.name)
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || !(n > 0) || n*float64(unit.bytes) > 1<<40 {
			return wrong
		}
		*s = Size(n * float64(unit.bytes))
		if *s == 0 {
			return wrong
		}
		return nil
	}
	return wrong
}

func cutSuffixFold(s, suffix string) (before string, ok bool) {
	if len(s) < len(suffix) || !strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return "", false
	}
	return s[:len(s)-len(suffix)], true
}

// Span is a length of time above zero, written "7d", "8h", "20s" or "1h30m".
type Span time.Duration

var errSpan = errors.New(`write a time such as "7d", "8h", "15m", "20s" or "1h30m"`)

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Span) UnmarshalText(text []byte) error {
	d, err := parseSpan(string(text))
	*s = Span(d)
	return err
}

// parseSpan reads a sum of whole numbers with units, the way that time.ParseDuration does, with weeks and days.
func parseSpan(text string) (time.Duration, error) {
	rest := strings.TrimSpace(text)
	var total time.Duration
	for rest != "" {
		digits := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
		n, err := strconv.ParseInt(rest[:digits], 10, 32)
		if err != nil {
			return 0, errSpan
		}
		rest = rest[digits:]
		letters := len(rest) - len(strings.TrimLeft(rest, "abcdefghijklmnopqrstuvwxyz"))
		unit, ok := map[string]time.Duration{"w": 7 * 24 * time.Hour, "d": 24 * time.Hour, "h": time.Hour, "m": time.Minute, "s": time.Second,
			"ms": time.Millisecond}[rest[:letters]]
		if !ok {
			return 0, errSpan
		}
		rest = strings.TrimLeft(rest[letters:], " ")
		if n > int64(math.MaxInt64/2)/int64(unit) {
			return 0, errSpan
		}
		if total += time.Duration(n) * unit; total > 200*365*24*time.Hour {
			return 0, errors.New("that is more than 200 years; " + errSpan.Error())
		}
	}
	if total <= 0 {
		return 0, errSpan
	}
	return total, nil
}

// Keep is how long something is kept; "" is for ever.
type Keep time.Duration

// UnmarshalText implements encoding.TextUnmarshaler.
func (k *Keep) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*k = 0
		return nil
	}
	d, err := parseSpan(string(text))
	if err != nil {
		return errors.New(`write "" to keep it, or a time such as "180d"`)
	}
	*k = Keep(d)
	return nil
}

// Expunge is what becomes of mails in the mailbox whose cases are closed and exported: kept, or removed After a time.
type Expunge struct{ After time.Duration }

// UnmarshalText implements encoding.TextUnmarshaler.
func (e *Expunge) UnmarshalText(text []byte) error {
	wrong := errors.New(`write "keep" or, for example, "expunge after 180d"`)
	if string(text) == "keep" {
		e.After = 0
		return nil
	}
	after, ok := strings.CutPrefix(string(text), "expunge after ")
	if !ok {
		return wrong
	}
	d, err := parseSpan(after)
	if err != nil {
		return wrong
	}
	e.After = d
	return nil
}

// Rate is a number in a time, written "20/hour".
type Rate struct {
	Most   int
	Window time.Duration
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (r *Rate) UnmarshalText(text []byte) error {
	number, unit, _ := strings.Cut(string(text), "/")
	n, err := strconv.Atoi(strings.TrimSpace(number))
	window, ok := map[string]time.Duration{"minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[strings.TrimSpace(unit)]
	if err != nil || n <= 0 || !ok {
		return errors.New(`write a rate such as "20/hour" (per minute, hour or day)`)
	}
	r.Most, r.Window = n, window
	return nil
}

// Address is a bare email address.
type Address string

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	s := string(text)
	parsed, err := mail.ParseAddress(s)
	if err != nil || parsed.Name != "" || parsed.Address != s || strings.ContainsAny(s, " \"<>") || len(s) > 254 {
		return errors.New(`write an email address such as "consult@firm.example", without a name and brackets`)
	}
	*a = Address(s)
	return nil
}

// Start is from where on a folder's mails are read.
type Start struct{ mailin.Start }

// UnmarshalText implements encoding.TextUnmarshaler.
func (s *Start) UnmarshalText(text []byte) (err error) {
	if len(text) > 0 {
		if s.Start, err = mailin.ParseStart(string(text)); err == nil {
			return nil
		}
	}
	return errors.New(`write "all", "new" or a date such as "2026-03-01"`)
}

// Done is the mark that a mail gets once it is kept.
type Done struct{ mailin.Done }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Done) UnmarshalText(text []byte) (err error) {
	if len(text) > 0 {
		if d.Done, err = mailin.ParseDone(string(text)); err == nil {
			return nil
		}
	}
	return errors.New(`write "flag" or, for example, "move:Processed"`)
}

// ZoneName is an IANA time zone.
type ZoneName struct{ *time.Location }

// UnmarshalText implements encoding.TextUnmarshaler.
func (z *ZoneName) UnmarshalText(text []byte) (err error) {
	if len(text) > 0 && string(text) != "Local" {
		if z.Location, err = time.LoadLocation(string(text)); err == nil {
			return nil
		}
	}
	return errors.New(`write a time zone such as "America/New_York" or "UTC"`)
}

// Listen is an address to listen on: host and port.
type Listen string

// UnmarshalText implements encoding.TextUnmarshaler.
func (l *Listen) UnmarshalText(text []byte) error {
	host, port, err := net.SplitHostPort(string(text))
	n, portErr := strconv.ParseUint(port, 10, 16)
	if err != nil || portErr != nil || strings.ContainsAny(host, "/ @") {
		return errors.New(`write an address and port such as "127.0.0.1:8025"`)
	}
	*l = Listen(net.JoinHostPort(host, strconv.FormatUint(n, 10)))
	return nil
}

// loopback tells whether it can be reached from this machine only.
func (l Listen) loopback() bool {
	host, _, err := net.SplitHostPort(string(l))
	return err == nil && loopbackHost(host)
}

// loopbackHost tells whether a host name can only mean this machine.
func loopbackHost(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}

// Count is a whole number above zero.
type Count int

// checkNumber is asked for the integers of the file.
func (c *Count) checkNumber(n int64) error {
	if n <= 0 || n > math.MaxInt32 {
		return errors.New("write a whole number above zero")
	}
	*c = Count(n)
	return nil
}

// Unlimited is "unlimited" or a number, both in quotes or the number without.
type Unlimited struct {
	Limited bool
	Most    int
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (u *Unlimited) UnmarshalText(text []byte) error {
	if string(text) == "unlimited" {
		*u = Unlimited{}
		return nil
	}
	n, err := strconv.Atoi(string(text))
	if err != nil || n < 0 {
		return fmt.Errorf(`write "unlimited" or a number in quotes such as "3"`)
	}
	*u = Unlimited{true, n}
	return nil
}

// Day is a day of the calendar, written "2026-12-31"; "" is none.
type Day struct{ time.Time }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Day) UnmarshalText(text []byte) (err error) {
	d.Time = time.Time{}
	if len(text) == 0 {
		return nil
	}
	if d.Time, err = time.Parse(time.DateOnly, string(text)); err != nil {
		return errors.New(`write a day in quotes such as "2026-12-31"`)
	}
	return nil
}
