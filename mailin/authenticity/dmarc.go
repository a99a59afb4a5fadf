package authenticity

import (
	"context"
	"strings"

	"github.com/emersion/go-msgauth/dmarc"
)

// policy is what a domain's owner publishes about mail in its name (RFC 7489 section 6.3).
type policy struct {
	at                    string // the domain that publishes it; "" if none does
	enforced              bool   // quarantine or reject is asked for. "pct" is not obeyed: it spares mail at random
	strictDKIM, strictSPF bool
	temporary             bool
	evidence              []string
}

// policy finds the policy for a domain: its own, or its organisation's (RFC 7489 section 6.6.3).
func (v *Verifier) policy(ctx context.Context, domain string) policy {
	names := []string{domain}
	if org := organisation(domain); org != "" && org != domain {
		names = append(names, org)
	}
	for _, name := range names {
		answer := v.dns.lookup(ctx, "_dmarc."+name)
		if answer.temporary {
			return policy{temporary: true, evidence: []string{"What the author's domain says about its mail cannot be looked up at present."}}
		}
		record, found := policyRecord(answer.records)
		if !found {
			continue
		}
		if record == nil {
			return policy{evidence: []string{"What " + name + " publishes about its mail cannot be read."}}
		}
		asked := record.Policy
		if name != domain && record.SubdomainPolicy != "" {
			asked = record.SubdomainPolicy
		}
		return policy{at: name, enforced: asked == dmarc.PolicyQuarantine || asked == dmarc.PolicyReject,
			strictDKIM: record.DKIMAlignment == dmarc.AlignmentStrict, strictSPF: record.SPFAlignment == dmarc.AlignmentStrict,
			evidence: []string{"The policy of " + name + " for mail without proof is " + string(asked) + "."}}
	}
	return policy{evidence: []string{"The author's domain publishes no policy for its mail."}}
}

// policyRecord is the one DMARC record among a name's texts. Several are none; one that cannot be read is found, but nil.
func policyRecord(records []string) (record *dmarc.Record, found bool) {
	n := 0
	for _, text := range records {
		version, _, _ := strings.Cut(text, ";")
		if strings.ReplaceAll(strings.TrimSpace(version), " ", "") != "v=DMARC1" {
			continue
		}
		n++
		if r, err := dmarc.Parse(text); err == nil {
			record = r
		}
	}
	if n != 1 {
		return nil, false
	}
	return record, true
}
