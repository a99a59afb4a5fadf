package authenticity

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/emersion/go-msgauth/authres"
)

// maxSets bounds the length of a chain that is verified. RFC 8617 section 4.2.1 allows 50; real ones have three or four,
// and each costs a look into the DNS.
const maxSets = 20

// set is what one server has added that passed the mail on (RFC 8617 section 4.1).
type set struct {
	results, message, seal field
}

// chain is a mail's ARC sets, from the first server on.
type chain struct {
	sets      []set
	valid     bool
	temporary bool
	why       string // a sentence; "" where there is no chain
}

// chain verifies a mail's ARC chain (RFC 8617 section 5.2).
func (v *Verifier) chain(ctx context.Context, m *readMailHeader, arrived time.Time) chain {
	sets, why := m.sets()
	c := chain{sets: sets}
	if why == "" && len(sets) == 0 {
		return c
	}
	if why != "" {
		c.why = "The chain of those who passed the mail on does not hold: " + why + "."
		return c
	}
	last := len(sets) - 1
	check := newSignature(sets[last].message, true).verify(ctx, v.dns, m, arrived)
	if check.ok {
		for i := last; i >= 0 && check.ok; i-- {
			check = verifySeal(ctx, v.dns, sets, i)
		}
	}
	if !check.ok {
		c.temporary = check.temporary
		c.why = "The chain of those who passed the mail on does not hold: " + check.why + "."
		return c
	}
	c.valid = true
	c.why = fmt.Sprintf("A chain of %d who passed the mail on holds; the last one is %s.", len(sets), c.sealer(last))
	return c
}

// sets collects the sets; else the reason why they are no chain.
func (m *readMailHeader) sets() (list []set, why string) {
	byNumber := make(map[int]*set)
	for _, f := range m.header.fields {
		kind := -1
		for i, name := range []string{"ARC-Authentication-Results", "ARC-Message-Signature", "ARC-Seal"} {
			if f.is(name) {
				kind = i
			}
		}
		if kind < 0 {
			continue
		}
		n, ok := instance(f)
		if !ok || n > maxSets {
			return nil, "it is not numbered as it must be, or too long"
		}
		s := byNumber[n]
		if s == nil {
			s = &set{}
			byNumber[n] = s
		}
		place := []*field{&s.results, &s.message, &s.seal}[kind]
		if *place != "" {
			return nil, "a link of it stands twice"
		}
		*place = f
	}
	for n := 1; n <= len(byNumber); n++ {
		s := byNumber[n]
		if s == nil || s.results == "" || s.message == "" || s.seal == "" {
			return nil, "a link of it is missing"
		}
		list = append(list, *s)
	}
	return list, ""
}

// instance is the number of the set that a field belongs to.
func instance(f field) (int, bool) {
	first, _, _ := strings.Cut(f.value(), ";")
	if !f.is("ARC-Authentication-Results") {
		t, ok := parseTags(f.value())
		if !ok {
			return 0, false
		}
		first = "i=" + t.bare("i")
	}
	name, value, _ := strings.Cut(first, "=")
	n, err := strconv.Atoi(strings.TrimFunc(value, isSpace))
	return n, strings.TrimFunc(name, isSpace) == "i" && err == nil && n >= 1
}

// verifySeal verifies the seal of set i: over all sets up to it, in order, relaxed (RFC 8617 section 5.1.1).
func verifySeal(ctx context.Context, dns *cache, sets []set, i int) outcome {
	t, ok := parseTags(sets[i].seal.value())
	if !ok {
		return no("a seal cannot be read")
	}
	domain, ok := hostName(t.bare("d"))
	selector := strings.ToLower(t.bare("s"))
	kind := algorithm(t.bare("a"))
	signed, decoded := decode(t.bare("b"))
	_, covers := t["h"]
	if !ok || !isName(selector) || len(selector) > 200 || kind == "" || !decoded || covers {
		return no("a seal cannot be read")
	}
	// The first finds no chain before it, each later one must have found it valid.
	want := "pass"
	if i == 0 {
		want = "none"
	}
	if !strings.EqualFold(t.bare("cv"), want) {
		return no("one of them found it broken already")
	}
	k, found := lookupKey(ctx, dns, selector, domain, kind)
	if !found.ok {
		return found
	}
	sum := sha256.New()
	for j := 0; j <= i; j++ {
		io.WriteString(sum, sets[j].results.relaxed()+"\r\n"+sets[j].message.relaxed()+"\r\n")
		if j < i {
			io.WriteString(sum, sets[j].seal.relaxed()+"\r\n")
		}
	}
	io.WriteString(sum, field(withoutSignature(string(sets[i].seal))).relaxed())
	if !k.signed(sum.Sum(nil), signed) {
		return no("a seal is broken")
	}
	return outcome{ok: true}
}

// sealer is the domain of the seal of set i.
func (c *chain) sealer(i int) string {
	t, _ := parseTags(c.sets[i].seal.value())
	domain, _ := hostName(t.bare("d"))
	return domain
}

// vouched tells whether a sealer that we trust saw proof of the author's domain. Sets are believed from the last one back, as
// far as their sealers are trusted: what stands before an unknown one may be that one's invention.
func (v *Verifier) vouched(c chain, domain string, strict bool) bool {
	for i := len(c.sets) - 1; i >= 0 && slices.Contains(v.sealers, c.sealer(i)); i-- {
		_, results, ok := strings.Cut(c.sets[i].results.value(), ";") // behind "i=1"
		if ok && proves(results, domain, strict) {
			return true
		}
	}
	return false
}

// proves tells whether authentication results hold a proof of domain.
func proves(results, domain string, strict bool) bool {
	_, list, err := authres.Parse(strings.Join(strings.Fields(results), " "))
	if err != nil {
		return false
	}
	for _, r := range list {
		switch r := r.(type) {
		case *authres.DMARCResult:
			if from, ok := hostName(r.From); ok && r.Value == authres.ResultPass && from == domain {
				return true
			}
		case *authres.DKIMResult:
			signer := r.Domain
			if signer == "" {
				_, signer, _ = strings.Cut(r.Identifier, "@")
			}
			if d, ok := hostName(signer); ok && r.Value == authres.ResultPass && aligned(d, domain, strict) {
				return true
			}
		}
	}
	return false
}
