package authenticity

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// names is a DNS for tests. It counts what it is asked.
type names struct {
	mu    sync.Mutex
	txt   map[string][]string
	fails map[string]error
	asked map[string]int
}

func (n *names) LookupTXT(ctx context.Context, name string) ([]string, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	name = strings.TrimSuffix(name, ".")
	if n.asked == nil {
		n.asked = make(map[string]int)
	}
	n.asked[name]++
	if err := n.fails[name]; err != nil {
		if errors.Is(err, errHangs) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return nil, err
	}
	if txt, ok := n.txt[name]; ok {
		return txt, nil
	}
	return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
}

var (
	errHangs = errors.New("hangs")
	errDown  = &net.DNSError{Err: "server misbehaving", IsTemporary: true}

	edPublic, edKey, _ = ed25519.GenerateKey(rand.Reader)
	otherPublic, _, _  = ed25519.GenerateKey(rand.Reader)
	rsaKey             = sync.OnceValue(func() *rsa.PrivateKey {
		k, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return k
	})
)

func edRecord(k ed25519.PublicKey) string {
	return "v=DKIM1; k=ed25519; p=" + base64.StdEncoding.EncodeToString(k)
}

func rsaRecord(t testing.TB, k *rsa.PublicKey) string {
	t.Helper()
	b, err := x509.MarshalPKIXPublicKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return "v=DKIM1; p=" + base64.StdEncoding.EncodeToString(b)
}

// world is the names that most tests need: keys under s1 for several domains, and a policy that refuses.
func world(t testing.TB) *names {
	return &names{txt: map[string][]string{
		"s1._domainkey.clinic.example":      {edRecord(edPublic)},
		"s1._domainkey.mail.clinic.example": {edRecord(edPublic)},
		"s1._domainkey.other.example":       {edRecord(edPublic)},
		"s1._domainkey.relay.example":       {edRecord(edPublic)},
		"s1._domainkey.list.example":        {edRecord(edPublic)},
		"r1._domainkey.clinic.example":      {rsaRecord(t, &rsaKey().PublicKey)},
		"_dmarc.clinic.example":             {"v=DMARC1; p=reject; rua=mailto:d@clinic.example"},
		"_dmarc.loose.example":              {"v=DMARC1; p=none"},
	}, fails: map[string]error{}}
}

const plain = "Return-Path: <lee@clinic.example>\r\nFrom: Lee Example <lee@clinic.example>\r\nTo: consult@firm.example\r\nSubject: 31297  with\r\n 31288\r\nDate: Mon, 2 Mar 2026 09:00:00 -0500\r\nMessage-ID: <q1@clinic.example>\r\n\r\n" +
	"Can 31297-50 be billed \t with 31288?\r\n\r\nLee\r\n\r\n\r\n"

// arrived is later than the signatures, which go-msgauth dates by the clock.
var arrived = time.Now().Add(2 * time.Hour)

type signing struct {
	domain, selector string
	key              crypto.Signer
	header, body     dkim.Canonicalization
	keys             []string
	expires          time.Time
	identity         string
}

// sign puts a signature of go-msgauth on top of a mail.
func sign(t testing.TB, raw string, s signing) string {
	t.Helper()
	opts := &dkim.SignOptions{Domain: s.domain, Selector: s.selector, Signer: s.key, HeaderCanonicalization: s.header, BodyCanonicalization: s.body, HeaderKeys: s.keys, Expiration: s.expires, Identifier: s.identity}
	if opts.Domain == "" {
		opts.Domain = "clinic.example"
	}
	if opts.Selector == "" {
		opts.Selector = "s1"
	}
	if opts.Signer == nil {
		opts.Signer = edKey
	}
	if opts.HeaderKeys == nil {
		opts.HeaderKeys = []string{"From", "To", "Subject", "Date", "Message-ID"}
	}
	var out bytes.Buffer
	if err := dkim.Sign(&out, strings.NewReader(raw), opts); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func authorOf(raw string) string {
	for line := range strings.Lines(raw) {
		line = strings.TrimRight(line, "\r\n")
		if v, ok := strings.CutPrefix(line, "From: "); ok {
			if i := strings.IndexByte(v, '<'); i >= 0 {
				v = v[i:]
			}
			return strings.Trim(v, "<>")
		}
	}
	return ""
}

var relaxedSigning = signing{header: dkim.CanonicalizationRelaxed, body: dkim.CanonicalizationRelaxed}

func TestVerify(t *testing.T) {
	t.Parallel()
	signed := sign(t, plain, relaxedSigning)
	unaligned := strings.ReplaceAll(plain, "Return-Path: <lee@clinic.example>", "Return-Path: <bounce@other.example>")
	replace := func(s, old, new string) string {
		t.Helper()
		if !strings.Contains(s, old) {
			t.Fatalf("no %q to replace", old)
		}
		return strings.Replace(s, old, new, 1)
	}
	from := func(s, domain string) string { return replace(s, "lee@clinic.example>\r\nTo", "lee@"+domain+">\r\nTo") }
	weak := base64.StdEncoding.EncodeToString(x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: new(big.Int).SetBit(big.NewInt(3), 511, 1), E: 65537}))

	for name, c := range map[string]struct {
		raw   string
		names func(*names)
		want  string
		says  string
	}{
		"Relaxed":             {raw: signed, want: Pass, says: "A signature of clinic.example holds"},
		"Simple":              {raw: sign(t, plain, signing{}), want: Pass},
		"RSA":                 {raw: sign(t, plain, signing{selector: "r1", key: rsaKey(), header: dkim.CanonicalizationRelaxed}), want: Pass},
		"BareLineFeeds":       {raw: strings.ReplaceAll(signed, "\r\n", "\n"), want: Pass},
		"Refolded":            {raw: replace(signed, "31297  with\r\n 31288", "31297 with\r\n\t31288"), want: Pass},
		"TrailingEmptyLines":  {raw: signed + strings.Repeat("\r\n", 100_000), want: Pass},
		"EmptyBody":           {raw: sign(t, plain[:strings.Index(plain, "\r\n\r\n")+4], relaxedSigning), want: Pass},
		"Subdomain":           {raw: sign(t, plain, signing{domain: "mail.clinic.example"}), want: Pass},
		"AuthorOfASubdomain":  {raw: sign(t, from(plain, "ent.clinic.example"), relaxedSigning), want: Pass},
		"NoPolicy":            {raw: signed, names: func(n *names) { delete(n.txt, "_dmarc.clinic.example") }, want: Pass, says: "publishes no policy"},
		"Strict":              {raw: sign(t, plain, signing{domain: "mail.clinic.example"}), names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=reject; adkim=s"} }, want: None},
		"StrictAndSame":       {raw: signed, names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=reject; adkim=s; aspf=s"} }, want: Pass},
		"ThirdParty":          {raw: sign(t, plain, signing{domain: "other.example"}), want: None, says: "the author names another domain"},
		"ThirdPartyAndOwn":    {raw: sign(t, sign(t, plain, relaxedSigning), signing{domain: "other.example"}), want: Pass},
		"SubjectChanged":      {raw: replace(signed, "31297  with", "31299 with"), want: None, says: "the header was changed"},
		"TextChanged":         {raw: replace(signed, "be billed", "be paid"), want: None, says: "the text was changed"},
		"FooterAdded":         {raw: signed + "-- \r\nlist footer\r\n", want: None, says: "the text was changed"},
		"SecondSubject":       {raw: "Subject: pay me\r\n" + signed, want: None, says: "more than once"},
		"SecondFrom":          {raw: "From: boss@clinic.example\r\n" + signed, want: None, says: "more than once"},
		"TwoDomainsInFrom":    {raw: replace(plain, "<lee@clinic.example>\r\nTo", "<lee@clinic.example>, <x@other.example>\r\nTo"), want: None},
		"KeyRotated":          {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{edRecord(otherPublic)} }, want: None, says: "its key is another one now"},
		"KeyGone":             {raw: signed, names: func(n *names) { delete(n.txt, "s1._domainkey.clinic.example") }, want: None, says: "publishes no key"},
		"KeyRevoked":          {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{"v=DKIM1; k=ed25519; p="} }, want: None, says: "revoked"},
		"KeyForOtherServices": {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{edRecord(edPublic) + "; s=tlsrpt"} }, want: None, says: "not for mail"},
		"KeyOnTrial":          {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{edRecord(edPublic) + "; t=y"} }, want: None, says: "tries signing out"},
		"KeyOfOtherKind":      {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = n.txt["r1._domainkey.clinic.example"] }, want: None},
		"KeyBesideOtherText":  {raw: signed, names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{edRecord(edPublic), "hello"} }, want: Pass},
		"TwoKeys": {raw: signed, names: func(n *names) {
			n.txt["s1._domainkey.clinic.example"] = []string{edRecord(edPublic), edRecord(otherPublic)}
		}, want: None},
		"KeyWeak": {raw: sign(t, plain, signing{selector: "r1", key: rsaKey()}), names: func(n *names) { n.txt["r1._domainkey.clinic.example"] = []string{"v=DKIM1; p=" + weak} }, want: None, says: "too short"},
		"KeyStrictIdentity": {raw: sign(t, plain, signing{identity: "lee@ent.clinic.example"}), names: func(n *names) { n.txt["s1._domainkey.clinic.example"] = []string{edRecord(edPublic) + "; t=s"} }, want: None,
			says: "which its key forbids"},
		"IdentityOfSubdomain": {raw: sign(t, plain, signing{identity: "lee@ent.clinic.example"}), want: Pass},
		"Expired":             {raw: sign(t, plain, signing{expires: arrived.Add(-time.Hour)}), want: None, says: "had expired"},
		"SHA1":                {raw: replace(signed, "a=ed25519-sha256", "a=rsa-sha1"), want: None, says: "proves nothing any more"},
		"NotAList":            {raw: "DKIM-Signature: nonsense\r\n" + plain, want: None, says: "cannot be read"},
		"OddSelector":         {raw: "DKIM-Signature: v=1; a=ed25519-sha256; d=clinic.example; s=a/../b; h=from; bh=AA==; b=AA==\r\n" + plain, want: None},
		"NobodyAnswers":       {raw: replace(signed, "<lee@clinic.example>", "<x@other.example>"), names: func(n *names) { n.fails["s1._domainkey.clinic.example"] = errDown }, want: None, says: "cannot be looked up at present"},
		"PolicyUnknown":       {raw: unaligned, names: func(n *names) { n.fails["_dmarc.clinic.example"] = errDown }, want: None, says: "cannot be looked up at present"},
		"Hangs":               {raw: unaligned, names: func(n *names) { n.fails["_dmarc.clinic.example"] = errHangs }, want: None},
		"ManySignatures":      {raw: sign(t, strings.Repeat("DKIM-Signature: v=1; a=ed25519-sha256; d=junk.example; s=s; h=from; bh=AA==; b=AA==\r\n", 40)+plain, relaxedSigning), want: Pass, says: "more signatures"},
		"OwnBelowMany":        {raw: strings.Repeat("DKIM-Signature: v=1; a=ed25519-sha256; d=junk.example; s=s; h=from; bh=AA==; b=AA==\r\n", 40) + signed, want: Pass},
		"HeaderTooLarge":      {raw: "X-Large: " + strings.Repeat("x", 300<<10) + "\r\n" + signed, want: None, says: "could not be read"},

		// What fails, and what spares a mail from failing.
		"Forged":              {raw: unaligned, want: Fail, says: "Nothing ties the mail"},
		"ForgedSignedByOther": {raw: sign(t, unaligned, signing{domain: "other.example"}), want: Fail},
		"ForgedFromSigned":    {raw: replace(replace(signed, "<lee@clinic.example>\r\n", "<x@other.example>\r\n"), "be billed", "be paid"), want: Fail, says: "No signature of the author's domain holds"},
		"ForgedSubdomain":     {raw: from(unaligned, "ent.clinic.example"), want: Fail},
		"SubdomainsSpared":    {raw: from(unaligned, "ent.clinic.example"), names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=reject; sp=none"} }, want: None},
		"OwnPolicyFirst":      {raw: from(unaligned, "ent.clinic.example"), names: func(n *names) { n.txt["_dmarc.ent.clinic.example"] = []string{"v=DMARC1; p=none"} }, want: None},
		"PercentIgnored":      {raw: unaligned, names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=quarantine; pct=1"} }, want: Fail},
		"PolicyNone":          {raw: from(unaligned, "loose.example"), want: None},
		"PolicyTwice":         {raw: unaligned, names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=reject", "v=DMARC1; p=none"} }, want: None},
		"PolicyBroken":        {raw: unaligned, names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=maybe"} }, want: None, says: "cannot be read"},
		"SPFMightPass":        {raw: plain, want: None, says: "cannot be known from a mailbox"},
		"SPFOfSubdomain":      {raw: replace(plain, "Return-Path: <lee@clinic.example>", "Return-Path: <b@bounce.clinic.example>"), want: None},
		"SPFStrict":           {raw: replace(plain, "Return-Path: <lee@clinic.example>", "Return-Path: <b@bounce.clinic.example>"), names: func(n *names) { n.txt["_dmarc.clinic.example"] = []string{"v=DMARC1; p=reject; aspf=s"} }, want: Fail},
		"NoReturnPath":        {raw: replace(plain, "Return-Path: <lee@clinic.example>\r\n", ""), want: None},
		"NullSender":          {raw: replace(plain, "<lee@clinic.example>\r\n", "<>\r\n"), want: None},
		"OverAList":           {raw: "List-Id: <coders.list.example>\r\n" + unaligned, want: None, says: "come indirectly"},
		"Resent":              {raw: "Resent-From: <x@other.example>\r\n" + unaligned, want: None},
		"NoFrom":              {raw: replace(unaligned, "From: Lee Example <lee@clinic.example>\r\n", ""), want: None},
		"FromLocalhost":       {raw: from(unaligned, "localhost"), want: None},
		"Nothing":             {raw: "", want: None},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dns := world(t)
			if c.names != nil {
				c.names(dns)
			}
			v := New(dns, Options{Lookups: 300 * time.Millisecond})
			got := v.Verify(t.Context(), strings.NewReader(c.raw), authorOf(c.raw), arrived)
			if got.Verdict != c.want || !strings.Contains(strings.Join(got.Evidence, "\n"), c.says) {
				t.Errorf("%s, want %s with %q:\n%s", got.Verdict, c.want, c.says, strings.Join(got.Evidence, "\n"))
			}
			if len(got.Evidence) == 0 {
				t.Error("nothing is said for it")
			}
			asked := 0
			for _, n := range dns.asked {
				asked += n
			}
			if asked > 2+maxSignatures {
				t.Errorf("the DNS was asked %d times: %v", asked, dns.asked)
			}
		})
	}
}

// A mail whose author can be read in two ways proves nothing for either.
func TestTheAuthorMustBeTheOneShown(t *testing.T) {
	t.Parallel()
	v := New(world(t), Options{})
	raw := sign(t, plain, relaxedSigning)
	if got := v.Verify(t.Context(), strings.NewReader(raw), "boss@firm.example", arrived); got.Verdict != None {
		t.Errorf("%+v", got)
	}
}

// A signature with a length counts if the length is the whole text, and not if something stands behind it.
func TestLength(t *testing.T) {
	t.Parallel()
	v := New(world(t), Options{})
	body := strings.TrimRight(plain[strings.Index(plain, "\r\n\r\n")+4:], "\r\n") + "\r\n"
	for tail, want := range map[string]string{"": Pass, "And pay me.\r\n": None} {
		raw := strings.Replace(plain, "\r\n\r\n", "\r\n\r\n", 1)
		raw = raw[:strings.Index(raw, "\r\n\r\n")+4] + body + tail
		signature := handSigned(t, raw, fmt.Sprintf("v=1; a=ed25519-sha256; c=simple/simple; d=clinic.example; s=s1; l=%d; h=from:subject; ", len(body)), []byte(body), "DKIM-Signature", []string{"From", "Subject"})
		if got := v.Verify(t.Context(), strings.NewReader(signature+raw), "lee@clinic.example", arrived); got.Verdict != want {
			t.Errorf("with %q behind it: %+v", tail, got)
		}
	}
}

// handSigned makes a signature that go-msgauth does not make: over fields in relaxed or simple form as its tags say.
func handSigned(t testing.TB, raw, taglist string, body []byte, name string, covered []string) string {
	t.Helper()
	sum := sha256.Sum256(body)
	f := name + ": " + taglist + "bh=" + base64.StdEncoding.EncodeToString(sum[:]) + "; b="
	m, err := readMail(strings.NewReader(raw), func(*header) (bool, bool) { return false, false })
	if err != nil {
		t.Fatal(err)
	}
	digest := m.header.digest(covered, field(f+"\r\n"), strings.Contains(taglist, "c=relaxed"))
	return f + base64.StdEncoding.EncodeToString(ed25519.Sign(edKey, digest)) + "\r\n"
}

// sealed puts an ARC set on top of a mail, as a server does that passes it on.
func sealed(t testing.TB, raw, domain, results, cv string) string {
	t.Helper()
	m, err := readMail(strings.NewReader(raw), func(*header) (bool, bool) { return false, true })
	if err != nil {
		t.Fatal(err)
	}
	before, _ := m.sets()
	i := len(before) + 1
	if cv == "" {
		if cv = "pass"; i == 1 {
			cv = "none"
		}
	}
	results = fmt.Sprintf("ARC-Authentication-Results: i=%d; %s\r\n", i, results)
	f := fmt.Sprintf("ARC-Message-Signature: i=%d; a=ed25519-sha256; c=relaxed/relaxed; d=%s; s=s1; h=from:subject; bh=%s; b=", i, domain, base64.StdEncoding.EncodeToString(m.relaxed.digest))
	message := f + base64.StdEncoding.EncodeToString(ed25519.Sign(edKey, m.header.digest([]string{"from", "subject"}, field(f+"\r\n"), true))) + "\r\n"
	sum := sha256.New()
	for _, s := range before {
		io.WriteString(sum, s.results.relaxed()+"\r\n"+s.message.relaxed()+"\r\n"+s.seal.relaxed()+"\r\n")
	}
	f = fmt.Sprintf("ARC-Seal: i=%d; a=ed25519-sha256; cv=%s; d=%s; s=s1; t=1772463600;\r\n b=", i, cv, domain)
	io.WriteString(sum, field(results).relaxed()+"\r\n"+field(message).relaxed()+"\r\n"+field(f+"\r\n").relaxed())
	return f + base64.StdEncoding.EncodeToString(ed25519.Sign(edKey, sum.Sum(nil))) + "\r\n" + message + results + raw
}

func TestChain(t *testing.T) {
	t.Parallel()
	unaligned := strings.ReplaceAll(plain, "Return-Path: <lee@clinic.example>", "Return-Path: <bounce@other.example>")
	const saw = "relay.example; dkim=pass header.d=clinic.example; dmarc=pass header.from=clinic.example"
	one := sealed(t, unaligned, "relay.example", saw, "")
	two := sealed(t, one, "list.example", "list.example; dkim=fail header.d=clinic.example; arc=pass", "")
	three := sealed(t, two, "relay.example", "relay.example; arc=pass; dkim=none", "")
	for name, c := range map[string]struct {
		raw     string
		sealers []string
		names   func(*names)
		want    string
		says    string
	}{
		"OneButUnknown":     {raw: one, want: None, says: "A chain of 1"},
		"One":               {raw: one, sealers: []string{"Relay.example"}, want: Pass, says: "trusted here"},
		"TwoTrusted":        {raw: two, sealers: []string{"relay.example", "list.example"}, want: Pass},
		"LastUnknown":       {raw: two, sealers: []string{"relay.example"}, want: None, says: "A chain of 2"},
		"FirstUnknown":      {raw: two, sealers: []string{"list.example"}, want: None},
		"UnknownInBetween":  {raw: three, sealers: []string{"relay.example"}, want: None, says: "A chain of 3"},
		"ProofOfAnother":    {raw: sealed(t, unaligned, "relay.example", "relay.example; dkim=pass header.d=other.example; dmarc=pass header.from=other.example", ""), sealers: []string{"relay.example"}, want: None},
		"ResultsChanged":    {raw: strings.Replace(two, "dkim=fail", "dkim=pass", 1), sealers: []string{"relay.example", "list.example"}, want: None, says: "a seal is broken"},
		"TextChanged":       {raw: strings.Replace(one, "be billed", "be paid", 1), sealers: []string{"relay.example"}, want: None, says: "the text was changed"},
		"SaysItIsBroken":    {raw: sealed(t, one, "list.example", "list.example; arc=fail", "fail"), sealers: []string{"relay.example", "list.example"}, want: None, says: "found it broken already"},
		"LinkMissing":       {raw: strings.Replace(two, "ARC-Seal: i=1", "X-ARC-Seal: i=1", 1), sealers: []string{"relay.example", "list.example"}, want: None, says: "a link of it is missing"},
		"LinkTwice":         {raw: "ARC-Seal: i=1; a=ed25519-sha256; cv=none; d=relay.example; s=s1; b=AA==\r\n" + one, sealers: []string{"relay.example"}, want: None, says: "stands twice"},
		"NotNumbered":       {raw: "ARC-Seal: cv=none\r\n" + one, sealers: []string{"relay.example"}, want: None},
		"NumberedFarBeyond": {raw: "ARC-Seal: i=1000000; cv=none\r\n" + one, sealers: []string{"relay.example"}, want: None},
		"KeyGone":           {raw: one, sealers: []string{"relay.example"}, names: func(n *names) { delete(n.txt, "s1._domainkey.relay.example") }, want: None},
		"NobodyAnswers":     {raw: one, sealers: []string{"relay.example"}, names: func(n *names) { n.fails["s1._domainkey.relay.example"] = errDown }, want: None},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dns := world(t)
			if c.names != nil {
				c.names(dns)
			}
			got := New(dns, Options{TrustedSealers: c.sealers}).Verify(t.Context(), strings.NewReader(c.raw), "lee@clinic.example", arrived)
			if got.Verdict != c.want || !strings.Contains(strings.Join(got.Evidence, "\n"), c.says) {
				t.Errorf("%s, want %s with %q:\n%s", got.Verdict, c.want, c.says, strings.Join(got.Evidence, "\n"))
			}
		})
	}
}

// Our reading of signatures and go-msgauth's agree, on bodies of every shape.
func TestAgreesWithMsgauth(t *testing.T) {
	t.Parallel()
	head := plain[:strings.Index(plain, "\r\n\r\n")+4]
	bodies := []string{"", "\r\n", "\r\n\r\n", " \t\r\n", "a", "a\r\n", "a \r\n\r\n \r\n", "a\tb  c \r\n", "a\r\rb\r\n", "a\r\n\r\n\r\nb\r\n\r\n", " a\r\n", strings.Repeat("long line ", 9000) + "\r\n", "ü 31297\r\n"}
	canonical := []dkim.Canonicalization{dkim.CanonicalizationSimple, dkim.CanonicalizationRelaxed}
	dns := world(t)
	for _, body := range bodies {
		for _, h := range canonical {
			for _, b := range canonical {
				raw := sign(t, head+body, signing{header: h, body: b})
				theirs, err := dkim.VerifyWithOptions(strings.NewReader(raw), &dkim.VerifyOptions{LookupTXT: func(name string) ([]string, error) { return dns.LookupTXT(t.Context(), name) }})
				if err != nil || len(theirs) != 1 {
					t.Fatal(err)
				}
				ours := New(dns, Options{}).Verify(t.Context(), strings.NewReader(raw), "lee@clinic.example", arrived)
				if (theirs[0].Err == nil) != (ours.Verdict == Pass) {
					t.Errorf("%s/%s of %.40q: they say %v, we %+v", h, b, body, theirs[0].Err, ours)
				}
			}
		}
	}
}

// What is known is not asked again, what is not known for a while neither, and the memory for it is bounded.
func TestCache(t *testing.T) {
	t.Parallel()
	now := arrived
	dns := world(t)
	v := New(dns, Options{Now: func() time.Time { return now }})
	raw := sign(t, plain, relaxedSigning)
	for range 3 {
		if got := v.Verify(t.Context(), strings.NewReader(raw), "lee@clinic.example", arrived); got.Verdict != Pass {
			t.Fatalf("%+v", got)
		}
	}
	if n := dns.asked["s1._domainkey.clinic.example"]; n != 1 {
		t.Errorf("the key was asked for %d times", n)
	}
	dns.txt["s1._domainkey.clinic.example"] = []string{edRecord(otherPublic)}
	now = now.Add(keepFound + time.Second)
	if got := v.Verify(t.Context(), strings.NewReader(raw), "lee@clinic.example", arrived); got.Verdict != None {
		t.Errorf("a key that was replaced still counts: %+v", got)
	}
	dns.fails["_dmarc.down.example"] = errDown
	for range 2 {
		if a := v.dns.lookup(t.Context(), "_dmarc.down.example"); !a.temporary {
			t.Error("a name server that is down counts as an answer")
		}
	}
	if n := dns.asked["_dmarc.down.example"]; n != 1 {
		t.Errorf("a name server that is down was asked %d times at once", n)
	}
	for i := range 3 * maxCached {
		v.dns.lookup(t.Context(), fmt.Sprintf("n%d.example", i))
	}
	if n := len(v.dns.answers); n > maxCached {
		t.Errorf("%d answers are kept", n)
	}
}

// When no name server answers, mails do not wait for them one by one; when they answer again, so are mails verified.
func TestSilence(t *testing.T) {
	t.Parallel()
	now := arrived
	dns := &names{fails: map[string]error{}}
	for i := range 100 {
		dns.fails[fmt.Sprintf("n%d.example", i)] = errDown
	}
	c := newCache(dns, func() time.Time { return now })
	asked := func() (n int) {
		for _, k := range dns.asked {
			n += k
		}
		return n
	}
	for i := range 50 {
		if a := c.lookup(t.Context(), fmt.Sprintf("n%d.example", i)); !a.temporary {
			t.Fatal("nobody answered, and that counts as an answer")
		}
	}
	if n := asked(); n > silentAsks+1 {
		t.Errorf("asked %d times into the silence", n)
	}
	now = now.Add(askAgain)
	if a := c.lookup(t.Context(), "there.example"); a.temporary { // it does not exist, but that is an answer
		t.Error("nobody is asked any more")
	}
	before := asked()
	for i := 50; i < 60; i++ {
		c.lookup(t.Context(), fmt.Sprintf("n%d.example", i))
	}
	if n := asked() - before; n != 10 {
		t.Errorf("while others answer, %d of 10 were asked for", n)
	}
}

// failing is a mail whose bytes stop coming.
type failing struct{ io.Reader }

func (f failing) Read(p []byte) (int, error) {
	n, err := f.Reader.Read(p)
	if errors.Is(err, io.EOF) {
		err = errors.New("connection lost")
	}
	return n, err
}

func TestUnreadable(t *testing.T) {
	t.Parallel()
	v := New(world(t), Options{})
	for _, raw := range []string{sign(t, plain, relaxedSigning), "From: lee@clinic", ""} {
		if got := v.Verify(t.Context(), failing{strings.NewReader(raw)}, "lee@clinic.example", arrived); got.Verdict != None || len(got.Evidence) == 0 {
			t.Errorf("%+v", got)
		}
	}
}

// FuzzVerify: whatever comes, there is a verdict, and nothing but a valid signature of the author's domain makes it a pass.
func FuzzVerify(f *testing.F) {
	good := sign(f, plain, relaxedSigning)
	f.Add(good)
	f.Add(sign(f, plain, signing{}))
	f.Add(sealed(f, plain, "relay.example", "relay.example; dmarc=pass header.from=clinic.example", ""))
	f.Add("DKIM-Signature: v=1; b=\r\n;b =;h=from\r\nFrom: <a@b.example>\r\n\r\n\r")
	f.Add("From: \"a@b\" <lee@clinic.example>\r\nARC-Seal: i=1;\r\n\r\n")
	f.Fuzz(func(t *testing.T, raw string) {
		dns := world(t)
		got := New(dns, Options{TrustedSealers: []string{"relay.example"}}).Verify(t.Context(), strings.NewReader(raw), "lee@clinic.example", arrived)
		if got.Verdict == "" || len(got.Evidence) == 0 {
			t.Errorf("no verdict: %+v", got)
		}
		if got.Verdict == Pass && !strings.Contains(raw, "b=") {
			t.Errorf("a pass without a signature: %+v", got)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	raw := sign(b, plain+strings.Repeat("Can 31297-50 be billed with 31288?\r\n", 30_000), relaxedSigning)
	v := New(world(b), Options{})
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if got := v.Verify(b.Context(), strings.NewReader(raw), "lee@clinic.example", arrived); got.Verdict != Pass {
			b.Fatalf("%+v", got)
		}
	}
}

// The example of RFC 8463 appendix A, made by neither of us: both of its signatures hold, and only as long as nothing is changed.
func TestExampleOfTheStandard(t *testing.T) {
	t.Parallel()
	const mail = `DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
`
	dns := &names{txt: map[string][]string{
		"brisbane._domainkey.football.example.com": {"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="},
		"test._domainkey.football.example.com": {"v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoBTzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/b" +
			"yYzCNb3W91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9PzoxZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB"},
	}}
	verify := func(raw string) Result {
		return New(dns, Options{}).Verify(t.Context(), strings.NewReader(strings.ReplaceAll(raw, "\n", "\r\n")), "joe@football.example.com", arrived)
	}
	got := verify(mail)
	if holds := strings.Count(strings.Join(got.Evidence, "\n"), "A signature of football.example.com holds"); got.Verdict != Pass || holds != 2 {
		t.Errorf("%+v", got)
	}
	for _, change := range [][2]string{{"dinner", "lunch"}, {"the game", "a game"}, {"Joe SixPack", "Jim SixPack"}} {
		if got := verify(strings.Replace(mail, change[0], change[1], 1)); got.Verdict != None {
			t.Errorf("with %q changed: %+v", change[0], got)
		}
	}
}
