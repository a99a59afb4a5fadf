package codes

// assign gives the mentions of one text their groups and roles. links says
// how each hangs on the one before, refs are the text's references. first is
// the group to begin with; it returns the last group used. year is that of the message.
//
// A role is read from the words of the mention's own sentence: verbs of
// denying and of replacing with what they govern, marks of an earlier
// encounter, words that offer a choice, words that make a code a mere topic.
func assign(text string, ms []Mention, links []link, refs []Reference, days []found, year, first int) int {
	if len(ms) == 0 {
		return first
	}
	small := smalled(text)
	c := clause{text: small, ms: ms, links: links, year: year}
	for i := range ms {
		if ms[i].service() {
			c.services++
		}
	}
	sents := sentences(text)
	m, r := 0, 0
	for k, s := range sents {
		// A sentence without an end (a table, a list of hundreds) is cut.
		for s.from < s.to {
			cut := s
			if cut.to-cut.from > 1500 {
				cut.to = cut.from + 1500
			}
			from := m
			for m < len(ms) && ms[m].Start < cut.to {
				m++
			}
			if m > from && ms[m-1].End > cut.to {
				cut.to = min(ms[m-1].End, s.to)
			}
			if m > from {
				c.items, _ = itemsOf(c.items, small, cut, ms, from)
				c.question = endsAsking(small, s.to) || k+1 < len(sents) && s.to-s.from < 60 && asksBriefly(small, sents[k+1])
				for r < len(refs) && refs[r].End < cut.from {
					r++
				}
				c.roles(refs[r:], days)
			}
			s.from = cut.to
		}
	}
	c.headed(sents)
	c.rows()
	c.pointed(sents)
	c.again(sents, refs)
	c.elsewhere(sents)
	c.choices(sents)
	c.toldChoices(sents)
	c.passed()
	for i := range ms {
		if ms[i].System == Modifier && ms[i].Role == RoleBilled {
			ms[i].Role = RoleReference
		}
	}
	c.topics(sents)
	return groups(small, ms, days, first)
}

// endsAsking says whether the sentence that ends before a place is a question.
func endsAsking(small string, to int) bool {
	for to > 0 && (small[to-1] == ' ' || small[to-1] == '\n') {
		to--
	}
	return to > 0 && small[to-1] == '?'
}

// asksBriefly says whether a sentence only asks after the one before: "Is that
// right?", "Correct?".
func asksBriefly(small string, s stretch) bool {
	return s.to-s.from < 40 && endsAsking(small, s.to) && hasWord(small[s.from:s.to], "which|which one|right|correct|thoughts|better|best|ok|okay|agree")
}

// roles reads one sentence.
func (c *clause) roles(refs []Reference, days []found) {
	c.refusals(refs)
	c.changes()
	c.earlier(days)
}

// Words of refusing, by the way in which they take what they refuse.
const (
	// "was denied", "denied 20610", "denied: 20610"
	refuseBoth = "denied rejected recouped refused disallowed bundled unpaid zero-paid clawed bounced nonpaid dneied denyed deneid deined denined rejceted rej dnd"
	// "they deny 20610"; "20610 keeps denying"
	refuseVerb = "denies deny denying rejects reject rejecting recoups recouping refuses refuse refusing disallows bundles bundling bundle"
	refuseNoun = "denial denials rejection rejections recoupment recoupments takeback takebacks"
)

// refusePhrases are of more than one word; the first letter says how they take
// what they refuse, as above: b, v, n, or p for what only follows its subject.
var refusePhrases = []struct {
	kind  byte
	words string
}{
	{'b', "not paid"}, {'p', "would not go through"}, {'p', "wouldn't go through"}, {'p', "won't go through"}, {'p', "did not go through"}, {'p', "didn't go through"}, {'p', "does not go through"}, {'p', "doesn't go through"}, {'p', "never went through"}, {'b', "not reimbursed"}, {'b', "kicked back"}, {'b', "kicked out"}, {'b', "taken back"}, {'v', "took back"}, {'v', "take back"}, {'v', "taking back"},
	{'v', "won't pay"}, {'v', "won't cover"}, {'v', "will not pay"}, {'v', "wouldn't pay"}, {'v', "don't pay"}, {'v', "not cover"}, {'v', "not covering"}, {'v', "doesn't cover"}, {'v', "refuses to cover"},
	{'v', "refuse to pay"}, {'v', "cannot reimburse"}, {'v', "unable to reimburse"}, {'v', "cannot approve"}, {'v', "unable to approve"}, {'v', "did not allow"}, {'v', "will not allow"}, {'v', "hit on"},
	{'b', "not approved"}, {'b', "not authorized"}, {'b', "not certified"}, {'b', "not getting paid"}, {'b', "not being paid"}, {'b', "not get paid"}, {'b', "never gets paid"}, {'b', "not eligible for payment"}, {'b', "not eligible"}, {'b', "returned as unprocessable"}, {'b', "unprocessable"}, {'b', "rtp'd"}, {'b', "rtp"}, {'b', "returned to provider"}, {'b', "sent back"},
	{'p', "not medically necessary"}, {'p', "not considered medically necessary"}, {'p', "does not meet"}, {'p', "did not meet"}, {'p', "not a covered"}, {'p', "included in the payment"}, {'p', "included in the allowance"}, {'p', "considered included"}, {'p', "mutually exclusive"}, {'p', "part of the global"}, {'p', "came back with"}, {'p', "comes back with"}, {'p', "came back as"}, {'p', "returned with"}, {'p', "went to patient responsibility"},
	{'b', "unfavorable"}, {'b', "unfavourable"}, {'b', "upheld"}, {'n', "no pay"}, {'n', "adverse determination"}, {'n', "non-covered charges"},
	{'v', "wont pay"}, {'v', "not paying"}, {'v', "not pay"}, {'v', "didn't pay"}, {'v', "doesn't pay"}, {'v', "never paid"}, {'v', "stopped paying"},
	{'v', "unable to pay"}, {'v', "unable to allow payment"}, {'v', "cannot allow payment"}, {'v', "refusing to pay"}, {'v', "refuses to pay"}, {'v', "refused to pay"},
	{'n', "no payment"}, {'n', "zero payment"}, {'n', "nothing paid"}, {'n', "paid nothing"}, {'n', "non payment"}, {'n', "non-payment"}, {'n', "nonpayment"},
	{'p', "not covered"}, {'p', "non-covered"}, {'p', "noncovered"}, {'p', "not allowed separately"}, {'p', "not payable"}, {'p', "considered incidental"}, {'p', "considered inclusive"}, {'p', "considered experimental"},
	{'p', "considered investigational"}, {'p', "considered bundled"}, {'p', "considered part of"}, {'p', "incidental to"}, {'p', "deemed incidental"}, {'p', "deemed not medically necessary"}, {'p', "paid zero"}, {'p', "paid $0"}, {'p', "paid $0.00"},
	{'p', "paid 0.00"}, {'p', "not separately reimbursed"}, {'p', "not separately payable"}, {'p', "not separately paid"}, {'p', "not reimbursable"}, {'p', "content of"}, {'p', "considered content"}, {'p', "paid at zero"}, {'p', "paid at $0"}, {'p', "zeroed out"}, {'p', "zero pay"}, {'p', "is incidental"}, {'p', "are incidental"}, {'p', "as incidental"}, {'p', "was incidental"}, {'p', "not separate"}, {'p', "not separately"}, {'p', "inclusive to"}, {'p', "denial"},
}

// auxiliaries stand between a subject and what was done to it.
const auxiliaries = "was were is are be been being get gets got getting came come comes coming continue continues to back gone went keep keeps kept has have had always again also both all each line lines still just" +
	" consistently routinely now then automatically code codes claim claims which that never both two three initially repeatedly suddenly only separately sometimes often on the for being therefore" +
	" charge charges procedure visit portion units by medicare payer them"

// determiners stand between a verb and its object.
const determiners = "again co our the my a an this that these those his her their line lines code codes cpt hcpcs cpt's procedure procedures claim claims for of on payment payments all both charge charges dx diagnosis icd" +
	" second first third only just separate reimbursement service services number no item items to pay cpts entire whole patient's pt's each every additional visit add-on e/m"

// refusals finds what the payer refused.
func (c *clause) refusals(refs []Reference) {
	for k := range c.items {
		if c.items[k].m >= 0 {
			continue
		}
		kind, end := c.refusal(k)
		if kind != 0 && !c.supposed(k, end) {
			c.refused(kind, k, end)
		}
	}
	c.reasons(refs)
	c.onlyPaid()
	c.onlyOne()
}

// refusal says whether words of refusing begin at item k, of which kind, and
// where they end.
func (c *clause) refusal(k int) (kind byte, end int) {
	for _, p := range refusePhrases {
		if e := c.phrase(k, p.words); e > 0 && p.words != "denial" {
			return p.kind, e
		}
	}
	for _, p := range [...]string{"included in", "part of", "global to", "inclusive of", "a component of", "included with"} {
		if e := c.phrase(k, p); e > 0 && c.has(0, k, "say|says|said|saying|state|states|stated|stating|claim|claims|claiming|insists|insist|insisting|told|argues|considers|consider|feels|deems") {
			return 'p', e
		}
	}
	if c.is(k, "sent kicked bounced threw kicks sends") && k+2 < len(c.items) && c.items[k+1].m >= 0 && c.is(c.listFrom(k+1)+1, "back out") && !c.is(k-1, "we i us she he") {
		return 'v', k + 1 // "the plan kicked 93306 back"
	}
	switch w := c.items[k].w; {
	case oneOf(w, refuseBoth):
		return 'b', k + 1
	case oneOf(w, refuseVerb):
		return 'v', k + 1
	case oneOf(w, refuseNoun):
		return 'n', k + 1
	case oneOf(w, "0.00 $0 $0.00") && c.is(k+1, "on for"):
		return 'n', k + 1
	}
	return 0, 0
}

// refused gives what the words of items k to end govern its role.
func (c *clause) refused(kind byte, k, end int) {
	right := c.right(end, determiners)
	if right < 0 {
		right = c.announced(end)
	}
	left := c.left(k-1, auxiliaries)
	if left < 0 && right < 0 && kind != 'n' && kind != 'p' {
		left = c.subject(k)
	}
	take := func(at int) {
		if at == right {
			c.set(at, c.listFrom(at), RoleDenied)
		} else {
			c.set(c.listTo(at), at, RoleDenied)
		}
	}
	switch kind {
	case 'n':
		if right < 0 && c.is(end, "when whenever every each if") {
			right = c.right(end, determiners+" when whenever every each time we bill they're it's billing")
		}
		if right >= 0 && (c.is(end, "when whenever every each for of on to : - (") || c.is(end, "reason code codes")) {
			take(right)
		} else if k > 0 && c.items[k-1].m >= 0 || c.is(k-1, "code claim") && left >= 0 {
			c.set(left, left, RoleDenied)
		}
	case 'v':
		if left >= 0 && (c.is(k, "denies denying deny rejects rejecting bundles bundle") || c.is(k, "not")) && (right < 0 || k-left <= 3) && !c.payerBefore(left, k) {
			take(left)
		} else if right >= 0 {
			take(right)
		} else if left >= 0 {
			take(left)
		}
	case 'p':
		if left >= 0 {
			take(left)
		} else if right >= 0 && c.is(end, ":") {
			take(right)
		}
	default:
		passive := c.is(k-1, "was were is are been being be get gets got getting back") || c.is(k-1, "also both all again initially still consistently just then routinely") && left >= 0
		switch {
		case passive && left >= 0:
			take(left)
		case right >= 0 && left >= 0:
			// "paid 11042, denied 97597" and "99215 paid, 93000 denied, 36415 paid"
			switch {
			case c.is(k-1, ",") && !c.is(end, ", ;"):
				take(right)
			case c.is(end, ", ; :") && !c.is(end, ":") || k-left == 1 || c.is(k-1, ") : - --"):
				take(left)
			case c.leads():
				take(right)
			default:
				take(left)
			}
		case right >= 0 && !(passive && !c.is(end, ": for -")):
			take(right)
		case left >= 0:
			take(left)
		}
	}
}

// announced is the first mention of a list that a colon or "codes" leads to:
// "denied by the plan on 3/2: 97110, 97140"; or -1.
func (c *clause) announced(k int) int {
	for j := k; j < len(c.items) && j < k+16; j++ {
		if c.items[j].m >= 0 {
			if j > k && (c.is(j-1, ": codes cpts code cpt lines procedures") || !c.is(j-1, ")") && c.is(j-2, ":")) {
				return j
			}
			return -1
		}
		if c.is(j, "; paid but because as since with into when") {
			return -1
		}
	}
	return -1
}

// subject is the list that a passive verb at item k may be about although more
// stands between: "20610 and 77002, billed on 3/2 with a 59, were denied".
func (c *clause) subject(k int) int {
	if !c.is(k-1, "was were is are been being got get gets getting") {
		return -1
	}
	at := c.before(k)
	if at < 0 || k-at > 14 || c.has(at, k, "paid|but|because|and they|;|they|we|if|when") {
		return -1
	}
	first := c.listTo(at)
	if c.is(first-1, "with w/ into to") { // what goes with the subject
		if s := c.before(first - 1); s >= 0 && first-s < 6 {
			return s
		}
	}
	return at
}

// payerBefore says whether a payer is the subject between two items.
func (c *clause) payerBefore(from, to int) bool {
	for k := from + 1; k < to; k++ {
		if c.is(k, "they payer medicare insurance carrier aetna uhc cigna humana bcbs medicaid mac anthem it plan") {
			return true
		}
	}
	return false
}

// leads says whether the sentence begins with a verb or its subject rather
// than with a code.
func (c *clause) leads() bool {
	for k := range c.items {
		if c.items[k].m >= 0 {
			return false
		}
		if c.is(k, refuseBoth+" paid allowed covered") {
			return true
		}
	}
	return false
}

// supposed says whether a refusal is only feared, asked after or ruled out.
func (c *clause) supposed(k, end int) bool {
	base := c.is(k, "deny reject bundle recoup refuse recouped disallow not won't take")
	asking := false
	if c.has(max(0, k-16), k, "why|how come|keeps|kept|continues|keep getting|keep denying|always|every time|again") && (!c.has(max(0, k-16), k, "keep from|will|would") || c.has(max(0, k-6), k, "why would")) {
		return false
	}
	for j, n := k-1, 0; j >= 0 && n < 14; j, n = j-1, n+1 {
		switch {
		case c.is(j, "; ."):
			j = 0
		case c.is(j, "to") && n == 0 && c.is(j-1, "decided continue continues continued chose had began started determined"):
			return false
		case c.is(j, "to") && base && n == 0 && !c.is(k, "not take"):
			return true
		case c.is(j, "not never isn't wasn't aren't weren't don't doesn't"):
			if n == 0 || n < 3 && c.is(k, refuseBoth) {
				return true // "was not denied"
			}
		case c.is(j, "be get getting") && n == 0:
			asking = true
		case c.is(j, "avoid prevent risk without expect avoiding preventing unless stop"):
			if n < 5 {
				return true
			}
		case c.is(j, "will would if may might could can should does do shall would'nt when whether likely"):
			if c.is(j, "when") && !(base || asking) {
				continue
			}
			if base || asking || c.is(j, "if whether") {
				return true
			}
		case c.is(j, "is are") && j == 0 && c.question && c.is(k, "bundled incidental inclusive not non-covered noncovered considered"):
			return true // "is 36415 bundled into 80053?"
		}
	}
	return false
}

// reasons applies denial reasons that stand with a code: "20610 CO-97",
// "CO-50 on 95886".
func (c *clause) reasons(refs []Reference) {
	if len(c.items) == 0 {
		return
	}
	last := c.items[len(c.items)-1].to
	for _, r := range refs {
		if r.Start > last {
			return
		}
		if r.Kind != "carc" || len(r.Value) < 4 || r.Value[2] != '-' || sharing(r.Value[:2], r.Value[3:]) || r.Start < c.items[0].from {
			continue
		}
		from, end := -1, -1
		for k := range c.items {
			if c.items[k].from < r.End && c.items[k].to > r.Start {
				if from < 0 {
					from = k
				}
				end = k + 1
			}
		}
		if from < 0 || c.items[from].m >= 0 {
			continue
		}
		if at := c.onlyService(); at >= 0 && !c.goes() && !c.question {
			c.set(at, at, RoleDenied)
			continue
		}
		if at := c.right(end+1, "our the my line code codes cpt lines"); at >= 0 && c.is(end, "on for") {
			c.set(at, c.listFrom(at), RoleDenied)
			continue
		}
		at := c.left(from-1, "with for w/ reason code carc is was adjustment adj remark as group per due to under")
		if at < 0 && c.is(from-1, "(") {
			at = c.left(from-2, "")
		}
		if at >= 0 && from-at < 6 && !c.has(at, from, "paid|allowed") {
			if from-at <= 2 && c.is(from-1, "(") {
				c.set(at, at, RoleDenied)
			} else {
				c.set(c.listTo(at), at, RoleDenied)
			}
		}
	}
}

// goes says whether the sentence tells of a payment too.
func (c *clause) goes() bool {
	for k := range c.items {
		if c.is(k, "paid fine ok allowed covered approved overturned cleared") && !c.is(k-1, "not never zero n't isn't wasn't didn't") || c.phrase(k, "went through") > 0 {
			return !c.is(k-1, "not") && !c.is(k-2, "not") || c.is(k, "fine ok")
		}
	}
	return false
}

// onlyService is the one service that a sentence names, or -1.
func (c *clause) onlyService() int {
	at := -1
	for k := range c.items {
		if m := c.items[k].m; m >= 0 && c.ms[m].service() {
			if at >= 0 {
				return -1
			}
			at = k
		}
	}
	return at
}

// onlyPaid reads "paid 45385 but not 45380".
func (c *clause) onlyPaid() {
	for k := range c.items {
		if !c.is(k, "not") || !c.is(k-1, "but and ,") || !c.has(0, k, "paid|pays|paying|allowed|covers|covered|approved|reimbursed|got paid") {
			continue
		}
		if at := c.right(k+1, determiners); at >= 0 {
			c.set(at, c.listFrom(at), RoleDenied)
		}
	}
}

// onlyOne reads a sentence that names one service or one list of them and says
// that something was refused: "UHC says J7298 must come from a pharmacy -
// denied".
func (c *clause) onlyOne() {
	first, last, refused := -1, -1, false
	for k := range c.items {
		if m := c.items[k].m; m >= 0 {
			switch {
			case c.ms[m].Role != RoleBilled:
				return
			case !c.ms[m].service():
			case first < 0:
				first, last = k, c.listFrom(k)
			case k > last:
				return
			}
			continue
		}
		if kind, end := c.refusal(k); kind != 0 && kind != 'p' && !c.supposed(k, end) && !c.is(k, "bundled bundle bundles bundling") && !(kind == 'n' && c.is(k-1, "a any no avoid")) {
			refused = true
		}
	}
	if first >= 0 && refused && !c.question && !c.goes() && !c.has(0, len(c.items), "instead|auth was|another") {
		c.set(first, last, RoleDenied)
	}
}
