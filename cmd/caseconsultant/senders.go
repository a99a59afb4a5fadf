package main

import (
	"context"
	"errors"
	"net"
	"strings"
	"time"

	"caseconsultant/mailin/authenticity"
	"caseconsultant/workflow"
)

// senders is how senders are proven where no authserv_id is believed; nil where the configuration wants no DNS.
func (c *Config) senders() workflow.Authenticity {
	if len(c.Trust.AuthservID) > 0 || !c.Trust.DNS {
		return nil
	}
	return authenticity.New(nameServers{&net.Resolver{}}, authenticity.Options{TrustedSealers: c.Trust.ARCSealer})
}

// nameServers asks the DNS, but not about names that never are in it.
type nameServers struct {
	resolver *net.Resolver
}

// reserved are the ends of names that no public server knows (RFC 6761, RFC 6762, RFC 7686, RFC 8375, ICANN's "internal"): a
// question about one would only tell others what goes on here, and wait.
var reserved = []string{".example", ".test", ".invalid", ".localhost", ".local", ".onion", ".home.arpa", ".internal"}

// LookupTXT implements authenticity.Resolver.
func (n nameServers) LookupTXT(ctx context.Context, name string) ([]string, error) {
	bare := "." + strings.ToLower(strings.TrimSuffix(name, "."))
	for _, end := range reserved {
		if strings.HasSuffix(bare, end) {
			return nil, &net.DNSError{Err: "reserved name", Name: name, IsNotFound: true}
		}
	}
	return n.resolver.LookupTXT(ctx, name)
}

// checkSenders says how it is found out who has sent a mail, and whether that works.
func (d *doctor) checkSenders() {
	ids := d.cfg.Trust.AuthservID
	switch {
	case len(ids) > 0:
		d.ok("trust", "what %s writes into Authentication-Results is believed; it must take off such fields that come in under its name", strings.Join(ids, " and "))
		return
	case !d.cfg.Trust.DNS:
		d.warn("trust", "nothing is proven of any sender: name your server in trust.authserv_id, or let trust.dns be true")
		return
	}
	ctx, stop := context.WithTimeout(d.ctx, 5*time.Second)
	defer stop()
	// The root's own servers are what every resolver can tell.
	_, err := (&net.Resolver{}).LookupNS(ctx, ".")
	if dns, ok := errors.AsType[*net.DNSError](err); err != nil && (!ok || !dns.IsNotFound) {
		d.warn("trust", "senders are proven by DKIM and DMARC, but the name servers of this machine do not answer: until they do, every sender counts as unproven. Mend the DNS, or name your mail server in trust.authserv_id")
		return
	}
	d.ok("trust", "senders are proven by DKIM and DMARC; the name servers answer")
}
