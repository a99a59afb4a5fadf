package main

import (
	"bytes"
	"context"
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"caseconsultant/mailin/authenticity"
)

// Who is believed about senders is what the configuration says.
func TestWhoProvesSenders(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		trust string
		asks  bool
		says  string
	}{
		"Default":    {"", true, "DKIM and DMARC"},
		"Server":     {"[trust]\nauthserv_id = [\"mx.firm.example\"]\n", false, "what mx.firm.example writes"},
		"TwoServers": {"[trust]\nauthserv_id = [\"gw.firm.example\", \"mx.firm.example\"]\n", false, "gw.firm.example and mx.firm.example"},
		"NoDNS":      {"[trust]\ndns = false\n", false, "nothing is proven"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg, err := ParseConfig("c.toml", []byte(least+c.trust))
			if err != nil {
				t.Fatal(err)
			}
			if got := cfg.senders() != nil; got != c.asks {
				t.Errorf("senders are looked up: %v", got)
			}
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			defer stop()
			var out bytes.Buffer
			d := &doctor{console: &console{ctx: ctx, out: &out, err: &out}, cfg: cfg}
			if d.checkSenders(); !strings.Contains(out.String(), "trust") || !strings.Contains(out.String(), c.says) || d.failed != 0 {
				t.Errorf("the doctor says %q", out.String())
			}
		})
	}
}

// Names that are in no public DNS are not asked for; others are.
func TestReservedNamesAreNotAskedFor(t *testing.T) {
	t.Parallel()
	asked := 0
	dial := errors.New("no network in tests")
	names := nameServers{&net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		asked++
		return nil, dial
	}}}
	for _, name := range []string{"s1._domainkey.clinic.example.", "_dmarc.printer.local.", "_dmarc.Clinic.TEST", "_dmarc.nas.home.arpa.", "_dmarc.localhost."} {
		_, err := names.LookupTXT(t.Context(), name)
		if dns, ok := errors.AsType[*net.DNSError](err); !ok || !dns.IsNotFound {
			t.Errorf("%s: %v", name, err)
		}
	}
	if asked != 0 {
		t.Errorf("reserved names were asked for %d times", asked)
	}
	if _, err := names.LookupTXT(t.Context(), "_dmarc.clinic-of-nobody.org."); err == nil || asked == 0 {
		t.Errorf("another name was not asked for: %v", err)
	}
	var _ authenticity.Resolver = names
}
