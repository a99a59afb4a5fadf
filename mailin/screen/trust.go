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

// Trust says what the receiving servers that we trust have found out about a mail's sender (RFC 8601). DMARC decides (RFC
// 7489); without it, a DKIM signature of the From domain or of one of the same organisation is a pass. A failed DMARC whose
// owner publishes the policy "none" is no fail: the owner asks that nothing be concluded from it, and practices whose mail is
// set up badly would get no answer.
//
// Which fields count: those that stand on top of all others of their kind, one for each id that we trust, up to the first of
// anybody else. Servers put theirs on top, so whatever stands below a stranger's could have been written by the sender. A
// gateway behind the border server that adds its own on top is named in the configuration beside it; of one id only the
// topmost counts. The border server must take off fields that come in under its name (RFC 8601 section 5). Where two that we
// trust disagree, the worse counts: a person looks then.
func Trust(m *message.Message, authservIDs []string) string {
	domain := fromDomain(m)
	if domain == "" {
		return TrustNone
	}
	verdict := TrustNone
	seen := make(map[string]bool)
	for _, f := range m.Fields {
		if !strings.EqualFold(f.Name, "Authentication-Results") {
			continue
		}
		id, results := authResults(f.Value)
		if id == "" || !slices.ContainsFunc(authservIDs, func(own string) bool { return strings.EqualFold(strings.TrimSpace(own), id) }) {
			break
		}
		if seen[id] {
			continue
		}
		seen[id] = true
		switch judge(results, domain) {
		case TrustFail:
			return TrustFail
		case TrustPass:
			verdict = TrustPass
		}
	}
	return verdict
}

// result is one result with what authres does not tell of it.
type result struct {
	authres.Result
	unasked bool // the domain's owner publishes that nothing be done
}

// authResults reads an Authentication-Results field: whose it is, in lower case, and what it says. Each result is read by itself, so that one
// that authres does not know (Microsoft's compauth) costs none of the others: a "dmarc=fail" beside it must not get lost.
func authResults(value string) (id string, results []result) {
	for i, piece := range resultPieces(value) {
		text := strings.ToLower(strings.Join(strings.Fields(piece.text), " "))
		if i == 0 {
			id, _, _ = strings.Cut(strings.Trim(text, "\""), " ") // a version may follow
			if strings.Contains(id, "=") {
				return "", nil // Microsoft's servers leave the id out: anybody could have written it
			}
			continue
		}
		_, one, err := authres.Parse("id; " + text)
		if err != nil {
			continue
		}
		unasked := says(piece.comments, []string{" p=none"}) || says(text, []string{"published-domain-policy=none", "policy.dmarc=none", "action=none"})
		for _, r := range one {
			results = append(results, result{r, unasked})
		}
	}
	return id, results
}

// piece is one result of a field, its comments apart.
type piece struct{ text, comments string }

// resultPieces parts a field at its semicolons; within quotes and comments they are text.
func resultPieces(value string) []piece {
	var pieces []piece
	var text, comments strings.Builder
	quoted, depth := false, 0
	end := func() {
		pieces = append(pieces, piece{strings.TrimSpace(text.String()), comments.String()})
		text.Reset()
		comments.Reset()
	}
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
			text.WriteByte(c)
		case quoted:
			if c == ';' || c == '=' {
				c = ' ' // authres parts at these even here
			}
			text.WriteByte(c)
		case c == '(':
			depth++
			comments.WriteByte(' ')
		case c == ')' && depth > 0:
			depth--
		case depth > 0:
			comments.WriteByte(c)
		case c == ';':
			end()
		default:
			text.WriteByte(c)
		}
	}
	end()
	return pieces
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

func judge(results []result, domain string) string {
	verdict := TrustNone
	for _, one := range results {
		switch r := one.Result.(type) {
		case *authres.DMARCResult:
			switch r.Value {
			case authres.ResultPass:
				if r.From == "" || aligned(r.From, domain) {
					verdict = TrustPass
				}
			case authres.ResultFail:
				if !one.unasked {
					return TrustFail
				}
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
