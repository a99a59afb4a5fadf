// Package authenticity finds out whether a mail comes from the domain that it names as its author's: from its own bytes
// and the DNS, where no receiving server has said so in a way that we believe (screen.Trust reads what one says).
//
// The world it lives in: DKIM signatures (RFC 6376, RFC 8301, RFC 8463) tie a domain to a mail's bytes, DMARC (RFC 7489)
// ties that domain to From and publishes what its owner wants done with the rest, ARC (RFC 8617) lets those who pass mail
// on vouch for what they saw. SPF cannot be judged from a mailbox, since who connected is not known any more. So:
//
//   - pass: a signature holds whose domain is aligned with From, as its owner's adkim says (relaxed where nothing is
//     published), or a sealer that we trust saw such a proof.
//   - fail: only where SPF could not have helped either, and nothing explains the lack innocently: the owner wants such mail
//     quarantined or rejected; no aligned signature holds, and none is merely unproven (a name server that does not answer);
//     the return address is there and not aligned, so that SPF's result, whatever it was, concerns another domain (RFC 7489
//     section 3.1.2); and the mail shows no sign of having come indirectly (a list, a valid ARC chain, Resent fields), since
//     those break signatures without any forgery (RFC 7960 sections 3 and 4).
//   - none: everything else. A broken signature alone is none (RFC 6376 section 6.1), and so is what takes too long.
//
// Signatures are verified here, not by go-msgauth, because ARC needs the same parts and go-msgauth keeps them to itself,
// because it holds a body's empty lines in memory, and because it judges the expiry by today instead of the day of
// arrival. Tests hold both against each other. It may touch the DNS through Resolver, and nothing else.
//
// Order of use: New once, Verify for each mail. A Verifier is safe for concurrent use.
package authenticity

import (
	"context"
	"io"
	"net/mail"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/publicsuffix"
)

// Verdicts, as screen.Trust has them.
const (
	Pass = "pass"
	Fail = "fail"
	None = "none"
)

// Resolver looks up the text records of a name; *net.Resolver does. What it answers is taken as net.LookupTXT's: one string a
// record. A *net.DNSError tells a name that does not exist from a server that does not answer.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
}

// Options tune a Verifier. Zero values take their defaults.
type Options struct {
	// TrustedSealers are domains whose ARC seals are believed. Defaults to none: a valid chain is then evidence only, since
	// anybody can seal (RFC 8617 section 9).
	TrustedSealers []string
	// Lookups bounds the time that the name servers have for one mail. Defaults to 5 s.
	Lookups time.Duration
	// Now tells the time, for the cache. Defaults to time.Now.
	Now func() time.Time
}

// Verifier verifies mail.
type Verifier struct {
	dns     *cache
	sealers []string
	lookups time.Duration
}

// New makes a Verifier.
func New(resolver Resolver, opts Options) *Verifier {
	if opts.Lookups == 0 {
		opts.Lookups = 5 * time.Second
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	return &Verifier{dns: newCache(resolver, opts.Now), sealers: lowered(opts.TrustedSealers), lookups: opts.Lookups}
}

func lowered(list []string) []string {
	out := make([]string, 0, len(list))
	for _, s := range list {
		out = append(out, strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), ".")))
	}
	return out
}

// Result is what was found out about a mail.
type Result struct {
	// Verdict is Pass, Fail or None.
	Verdict string
	// Evidence are sentences for a person. They name domains: keep them out of logs.
	Evidence []string
}

func (r *Result) say(sentence string) { r.Evidence = append(r.Evidence, sentence) }

// maxSignatures bounds how many signatures of one mail are verified, those of the author's organisation first.
const maxSignatures = 5

// Verify reads a whole mail from r, and then asks the DNS. author is the address that the mail will be taken to come from:
// where From can be read otherwise, nothing is proven. arrived is when our mailbox got it, which is when its signatures had
// to be in force. It never fails: what cannot be found out is None, with the reason in the evidence.
func (v *Verifier) Verify(ctx context.Context, r io.Reader, author string, arrived time.Time) Result {
	result := Result{Verdict: None}
	m, err := readMail(r, func(h *header) (simple, relaxed bool) {
		for _, f := range h.fields {
			if f.is("DKIM-Signature") || f.is("ARC-Message-Signature") {
				s, r := bodyForms(f.value())
				simple, relaxed = simple || s, relaxed || r
			}
		}
		return simple, relaxed
	})
	if err != nil {
		result.say("The mail could not be read to its end for verification.")
		return result
	}
	domain, why := m.author()
	if d, ok := hostName(author[strings.LastIndexByte(author, '@')+1:]); why == "" && (!ok || d != domain) {
		why = "Who the author is can be read in two ways."
	}
	if why != "" {
		result.say(why)
		return result
	}
	ctx, stop := context.WithTimeout(ctx, v.lookups)
	defer stop()
	policy := v.policy(ctx, domain)
	result.Evidence = append(result.Evidence, policy.evidence...)

	signatures := m.signatures()
	slices.SortStableFunc(signatures, func(a, b *signature) int { return rank(a, domain) - rank(b, domain) })
	if len(signatures) > maxSignatures {
		result.say("The mail bears more signatures than are verified; those of the author's organisation were verified first.")
		signatures = signatures[:maxSignatures]
	}
	unproven, alignedSeen := false, false
	for _, s := range signatures {
		outcome := s.verify(ctx, v.dns, m, arrived)
		isAligned := s.domain != "" && aligned(s.domain, domain, policy.strictDKIM)
		alignedSeen = alignedSeen || isAligned
		switch {
		case outcome.ok && isAligned:
			result.Verdict = Pass
			result.say("A signature of " + s.domain + " holds, and that is the author's domain or one of the same organisation.")
		case outcome.ok:
			result.say("A signature of " + s.domain + " holds, but the author names another domain.")
		default:
			unproven = unproven || isAligned && outcome.temporary
			result.say("A signature of " + orUnknown(s.domain) + " does not count: " + outcome.why + ".")
		}
	}
	if len(signatures) == 0 {
		result.say("The mail bears no signature.")
	}
	if result.Verdict == Pass {
		return result
	}
	chain := v.chain(ctx, m, arrived)
	if chain.why != "" {
		result.say(chain.why)
	}
	if chain.valid && v.vouched(chain, domain, policy.strictDKIM) {
		result.Verdict = Pass
		result.say("A server that is trusted here has seen proof of the author's domain before it passed the mail on.")
		return result
	}
	switch {
	case !policy.enforced, unproven, policy.temporary:
	case chain.valid || chain.temporary || m.indirect():
		result.say("The mail has come indirectly, which breaks proofs without any forgery.")
	default:
		from, ok := m.returnDomain()
		switch {
		case !ok:
			result.say("Whether the sending server was allowed to use the author's domain cannot be known from a mailbox.")
		case aligned(from, domain, policy.strictSPF):
			result.say("Its return address is of the author's organisation; whether the sending server was allowed to use it cannot be known from a mailbox.")
		default:
			result.Verdict = Fail
			if alignedSeen {
				result.say("No signature of the author's domain holds, and the return address is of another organisation, though " + policy.at + " asks to refuse such mail.")
			} else {
				result.say("Nothing ties the mail to the author's domain: it has no signature of it and a return address of another organisation, though " + policy.at + " asks to refuse such mail.")
			}
		}
	}
	return result
}

func orUnknown(domain string) string {
	if domain == "" {
		return "nobody that can be read"
	}
	return domain
}

// rank puts the signatures that can matter first.
func rank(s *signature, domain string) int {
	switch {
	case s.domain == domain:
		return 0
	case s.domain != "" && aligned(s.domain, domain, false):
		return 1
	}
	return 2
}

// aligned is DMARC's alignment (RFC 7489 section 3.1): the same domain, or, where relaxed, the same organisation.
func aligned(a, b string, strict bool) bool {
	if a == b {
		return true
	}
	if strict {
		return false
	}
	orgA, orgB := organisation(a), organisation(b)
	return orgA != "" && orgA == orgB
}

// organisation is the domain that somebody has registered (RFC 7489 section 3.2); "" of a public suffix.
func organisation(domain string) string {
	org, err := publicsuffix.EffectiveTLDPlusOne(domain)
	if err != nil {
		return ""
	}
	return org
}

// onlyOnce are the fields of which a mail has one (RFC 5322 section 3.6, RFC 2045). A signature covers the lowest of several
// (RFC 6376 section 5.4.2), while programs show the topmost: whoever adds one has changed the mail under a signature that
// still holds (RFC 6376 section 8.15).
var onlyOnce = []string{"From", "Sender", "Reply-To", "To", "Cc", "Subject", "Date", "Message-ID", "In-Reply-To", "References", "MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

// author is the one domain that From names; else the reason why there is none.
func (m *readMailHeader) author() (domain, why string) {
	for _, name := range onlyOnce {
		if n := m.header.count(name); n > 1 {
			return "", "The mail bears " + name + " more than once: no signature could tell which one is meant."
		}
	}
	from, ok := m.header.get("From")
	if !ok {
		return "", "The mail names no author."
	}
	all, err := mail.ParseAddressList(strings.Join(strings.Fields(from), " "))
	if err != nil || len(all) == 0 {
		// A name that is written wrongly, but an address that can be read.
		_, rest, ok := strings.Cut(from, "<")
		address, _, closed := strings.Cut(rest, ">")
		if !ok || !closed || strings.Count(from, "@") != 1 {
			return "", "Who the author is cannot be read with certainty."
		}
		all = []*mail.Address{{Address: strings.TrimSpace(address)}}
	}
	for _, a := range all {
		at := strings.LastIndexByte(a.Address, '@')
		d, ok := hostName(a.Address[at+1:])
		if at < 0 || !ok {
			return "", "The author's address has no domain that could be looked up."
		}
		if domain != "" && domain != d {
			return "", "The mail names authors of several domains (RFC 7489 section 6.6.1)."
		}
		domain = d
	}
	return domain, ""
}

// returnDomain is the domain of the return address that the last server wrote on top.
func (m *readMailHeader) returnDomain() (string, bool) {
	path, ok := m.header.get("Return-Path")
	if !ok {
		return "", false
	}
	path = strings.Trim(strings.TrimSpace(path), "<>")
	at := strings.LastIndexByte(path, '@')
	if at < 0 {
		return "", false // the null sender: SPF looks at the greeting then, which nobody kept
	}
	return hostName(path[at+1:])
}

// indirect tells whether the mail shows that somebody has passed it on.
func (m *readMailHeader) indirect() bool {
	for _, name := range []string{"List-Id", "List-Post", "Mailing-List", "X-Mailing-List", "X-BeenThere", "Resent-From", "Resent-Sender", "X-Forwarded-To", "X-Forwarded-For", "X-Original-From", "ARC-Seal"} {
		if m.header.count(name) > 0 {
			return true
		}
	}
	return false
}
