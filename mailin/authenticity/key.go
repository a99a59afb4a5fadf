package authenticity

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"strings"
)

// key is a public key as a domain publishes it (RFC 6376 section 3.6.1).
type key struct {
	rsa      *rsa.PublicKey
	ed25519  ed25519.PublicKey
	testing  bool // t=y: the owner tries it out, and the mail is to be taken as unsigned
	strictID bool // t=s: the identity may not be of a subdomain
}

// The sizes between which an RSA key counts: RFC 8301 section 3.2 refuses shorter ones; longer ones cost more than they prove.
const (
	minRSABits = 1024
	maxRSABits = 8192
)

// outcome of verifying one signature.
type outcome struct {
	ok        bool
	temporary bool   // it could not be found out now
	why       string // the rest of a sentence
}

func no(why string) outcome    { return outcome{why: why} }
func later(why string) outcome { return outcome{why: why, temporary: true} }

// lookupKey fetches and reads the key of a selector. algorithm is "rsa" or "ed25519".
func lookupKey(ctx context.Context, dns *cache, selector, domain, algorithm string) (*key, outcome) {
	answer := dns.lookup(ctx, selector+"._domainkey."+domain)
	switch {
	case answer.temporary:
		return nil, later("its key cannot be looked up at present")
	case len(answer.records) == 0:
		return nil, no("its domain publishes no key for it")
	}
	// RFC 6376 section 3.6.2.2 leaves several records undefined. Other text under the same name is none of ours.
	var published []tags
	for _, record := range answer.records {
		if t, ok := parseTags(record); ok {
			if _, has := t["p"]; has {
				published = append(published, t)
			}
		}
	}
	if len(published) != 1 {
		return nil, no("its domain does not publish exactly one key for it")
	}
	return readKey(published[0], algorithm)
}

func readKey(t tags, algorithm string) (*key, outcome) {
	if v, ok := t["v"]; ok && v != "DKIM1" {
		return nil, no("its key is of an unknown version")
	}
	kind := t.bare("k")
	if kind == "" {
		kind = "rsa"
	}
	if kind != algorithm {
		return nil, no("its key is of another kind than it says")
	}
	if hashes := t.list("h"); hashes != nil && !slices.Contains(hashes, "sha256") {
		return nil, no("its key is not for this kind of digest")
	}
	if services := t.list("s"); services != nil && !slices.Contains(services, "*") && !slices.Contains(services, "email") {
		return nil, no("its key is not for mail")
	}
	if t.bare("p") == "" {
		return nil, no("its key has been revoked")
	}
	raw, ok := decode(t.bare("p"))
	if !ok {
		return nil, no("its key cannot be read")
	}
	flags := t.list("t")
	k := &key{testing: slices.Contains(flags, "y"), strictID: slices.Contains(flags, "s")}
	if kind == "ed25519" { // RFC 8463 section 4
		if len(raw) != ed25519.PublicKeySize {
			return nil, no("its key cannot be read")
		}
		k.ed25519 = raw
		return k, outcome{ok: true}
	}
	public, err := x509.ParsePKIXPublicKey(raw)
	if err != nil {
		public, err = x509.ParsePKCS1PublicKey(raw) // erratum 3017 of RFC 6376 allows both forms
	}
	if err != nil {
		return nil, no("its key cannot be read")
	}
	if k.rsa, ok = public.(*rsa.PublicKey); !ok {
		return nil, no("its key is of another kind than it says")
	}
	switch bits := k.rsa.N.BitLen(); {
	case bits < minRSABits:
		return nil, no("its key is too short to prove anything")
	case bits > maxRSABits:
		return nil, no("its key is longer than what is verified")
	}
	return k, outcome{ok: true}
}

// signed tells whether signature is this key's over digest, a SHA-256.
func (k *key) signed(digest, signature []byte) bool {
	if k.ed25519 != nil {
		return ed25519.Verify(k.ed25519, digest, signature)
	}
	return rsa.VerifyPKCS1v15(k.rsa, crypto.SHA256, digest, signature) == nil
}

// algorithm is the kind of key that "a=" names; "" for one that does not count (RFC 8301 section 3.1 refuses SHA-1).
func algorithm(a string) string {
	kind, digest, _ := strings.Cut(strings.ToLower(a), "-")
	if digest != "sha256" || kind != "rsa" && kind != "ed25519" {
		return ""
	}
	return kind
}
