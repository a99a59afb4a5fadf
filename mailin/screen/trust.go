package screen

import (
	"slices"
	"strings"

	"github.com/emersion/go-msgauth/authres"
	"golang.org/x/net/publicsuffix"

	"caseconsultant/mailin/message"
)

// What is proven of a mail's sender. The strings are part of the contract.
const (
	TrustPass = "pass" // a receiver that we trust has checked it, and the proof is aligned with From
	TrustFail = "fail" // such a receiver says that From is not true
	TrustNone = "none"
)

// Trust says what the receiving server has found out about a mail's sender. Only the topmost Authentication-Results
// (RFC 8601) counts, and only if its authserv-id is one of those that we trust: whatever stands below could have been
// written by the sender. DMARC decides (RFC 7489); without it, a DKIM signature of the From domain or of one of the
// same organisation is a pass.
func Trust(m *message.Message, authservIDs []string) string {
	domain := fromDomain(m)
	if domain == "" {
		return TrustNone
	}
	for _, f := range m.Fields {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		id, results := authResults(f.Value)
		if id == "" || !slices.ContainsFunc(authservIDs, func(own string) bool { return strings.EqualFold(strings.TrimSpace(own), id) }) {
			return TrustNone
		}
		return judge(results, domain)
	}
	return TrustNone
}

// authResults reads an Authentication-Results field: whose it is and what it says. Each result is read by itself, so that one that authres
// does not know costs none of the others: a "dmarc=fail" beside it must not get lost.
func authResults(value string) (id string, results []authres.Result) {
	for i, piece := range resultPieces(value) {
		if i == 0 {
			id, _, _ = strings.Cut(strings.Trim(piece, "\""), " ") // a version may follow
			if strings.Contains(id, "=") {
				return "", nil // Microsoft's servers leave the id out
			}
			continue
		}
		if _, one, err := authres.Parse("id; " + piece); err == nil {
			results = append(results, one...)
		}
	}
	return id, results
}

// resultPieces parts a field at its semicolons, comments taken out; within quotes both are text.
func resultPieces(value string) []string {
	var pieces []string
	var sb strings.Builder
	quoted, depth := false, 0
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
			sb.WriteByte(c)
		case quoted:
			if c == ';' || c == '=' {
				c = ' ' // authres parts at these even here
			}
			sb.WriteByte(c)
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
		case c == ';':
			pieces = append(pieces, strings.TrimSpace(sb.String()))
			sb.Reset()
		default:
			sb.WriteByte(c)
		}
	}
	return append(pieces, strings.TrimSpace(sb.String()))
}

// fromDomain is the domain of the one author; "" if there are none or several, whom no result could vouch for.
func fromDomain(m *message.Message) string {
	seen := 0
	for _, f := range m.Fields {
		if strings.EqualFold(f.Name, "From") {
			seen++
		}
	}
	if seen > 1 {
		return ""
	}
	_, domain, _ := strings.Cut(m.From.Address, "@")
	return strings.ToLower(domain)
}

func judge(results []authres.Result, domain string) string {
	verdict := TrustNone
	for _, result := range results {
		switch r := result.(type) {
		case *authres.DMARCResult:
			switch r.Value {
			case authres.ResultPass:
				if r.From == "" || aligned(r.From, domain) {
					verdict = TrustPass
				}
			case authres.ResultFail:
				return TrustFail
			}
		case *authres.DKIMResult:
			signer := r.Domain
			if signer == "" { // Google states the signer's identity (header.i) alone
				_, signer, _ = strings.Cut(r.Identifier, "@")
			}
			if r.Value == authres.ResultPass && signer != "" && aligned(signer, domain) {
				verdict = TrustPass
			}
		}
	}
	return verdict
}

// aligned is DMARC's relaxed alignment (RFC 7489 section 3.1.1): both belong to one organisation.
func aligned(a, b string) bool {
	a, b = strings.ToLower(strings.TrimPrefix(a, "@")), strings.ToLower(b)
	if _, domain, ok := strings.Cut(a, "@"); ok {
		a = domain
	}
	if a == b {
		return true
	}
	orgA, errA := publicsuffix.EffectiveTLDPlusOne(a)
	orgB, errB := publicsuffix.EffectiveTLDPlusOne(b)
	return errA == nil && errB == nil && orgA == orgB
}
