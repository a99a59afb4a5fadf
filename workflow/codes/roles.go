package codes

import (
	"slices"
	"strings"
)

// assign gives the mentions of one text their groups and roles. links says
// how each hangs on the one before. first is the group to begin with; it
// returns the last group used.
//
// A role is read from the words of the mention's own sentence, nearest first;
// groups from words that begin another encounter, patient or claim, and from
// dates that mentions are tied to.
func assign(text string, ms []Mention, links []link, days []found, first int) int {
	small := smalled(text)
	sents := sentences(text)
	at := 0
	for i := range ms {
		for at+1 < len(sents) && ms[i].Start >= sents[at].to {
			at++
		}
		s := stretch{0, len(text)}
		if len(sents) > 0 {
			s = sents[at]
		}
		ms[i].Role = roleOf(small, ms, links, i, s)
	}
	// "64635 and 64636 came back denied": the whole list
	for i := len(ms) - 2; i >= 0; i-- {
		if ms[i+1].Role == RoleDenied && ms[i].Role == RoleBilled && ms[i].System == ms[i+1].System && links[i+1] == linkList && ms[i].End <= ms[i+1].Start {
			if gap := small[ms[i].End:ms[i+1].Start]; len(gap) < 12 && listOnly(gap) && deniedAfter(small[ms[i+1].End:min(len(small), ms[i+1].End+60)], false) {
				ms[i].Role = RoleDenied
			}
		}
	}
	alternatives(small, ms, links)
	return groups(small, ms, days, first)
}

// roleOf reads the role of mention i from its sentence.
func roleOf(small string, ms []Mention, links []link, i int, s stretch) Role {
	m := &ms[i]
	// A sentence without an end (a table, a list of hundreds) is looked at near
	// the mention only.
	from, to := max(s.from, m.Start-400), min(s.to, m.End+400)
	prevEnd := from
	if i > 0 && ms[i-1].End > from {
		prevEnd = ms[i-1].End
	}
	next := to
	if i+1 < len(ms) && ms[i+1].Start < to {
		next = ms[i+1].Start
	}
	if prevEnd > m.Start || m.End > next {
		return RoleBilled
	}
	pre, post := small[prevEnd:m.Start], small[m.End:next]
	near := pre[max(0, len(pre)-40):]
	sentence := small[from:to]

	// What the payer did with it.
	switch {
	case m.System == Modifier:
		if hasWord(near, "instead of|rather than") {
			return RoleReplaced
		}
		return RoleReference
	case hasWord(near, "replace|replaces|replaced|instead of|rather than|used to bill|changed from|change|in place of|deleted|downcoded from"):
		if w := lastOf(near, "by|with|to|into"); w != "" && !strings.HasSuffix(strings.TrimSpace(near), "instead of") && hasWord(near, "replaced|replace|changed from|change") && wordAt(near, w) > wordAt(near, "replace|replaced|change|changed from") {
			return RoleBilled
		}
		return RoleReplaced
	case hasWord(post[:min(len(post), 30)], "was deleted|is deleted|were deleted|has been deleted|deleted|was replaced|is replaced|retired"):
		return RoleReplaced
	case hasWord(near, "downcoded to|downcoded it to|reduced to|down to|changed by the payer to"):
		return RoleAlternative
	case i > 0 && ms[i-1].Start >= from && hasWord(small[ms[i-1].End:m.Start], "to|->") && (hasWord(pre, "downcoded to") || hasWord(small[max(from, ms[i-1].Start-40):ms[i-1].Start], "downcoded|downcode|downcodes|recoded")):
		return RoleAlternative
	case len(post) > 0 && hasWord(near, "downcoded|downcode|downcodes"):
		return RoleDenied
	}
	if deniedAfter(post, next < to) || deniedBefore(near) {
		return RoleDenied
	}
	if i > 0 && links[i] == linkList && ms[i-1].Role == RoleDenied && ms[i-1].System == m.System && listOnly(pre) && ms[i-1].Start >= from {
		return RoleDenied
	}
	// History: an earlier encounter, spoken of in the past beside a present one.
	clause := clauseOf(small, from, to, m.Start)
	if hasWord(clause, "s/p|status post|ago|previous surgery|previous procedure|prior surgery|prior procedure|previously had|history of|h/o|last week|last month|last year|last fall|last spring|last summer|last winter|prior op|original surgery|initial surgery") && !hasWord(clause, "today|now|billed|"+denials) {
		return RoleHistory
	}
	// A mere topic.
	if m.RangeEnd != "" {
		return RoleReference
	}
	if i == 0 || ms[i-1].Start < from || links[i] != linkNone && ms[i-1].Role == RoleReference {
		if hasWord(sentence, "guidelines for|guideline for|guidelines on|guidelines about|guidance for|guidance on|what is cpt|what is code|what is hcpcs|what is the code|what is icd|what is icd-10|explain|definition of|define|describe|meaning of|lookup|look up|tell me about|info on|information on|information about|what does|what are the rules for|rules for|documentation requirements for|requirements for") &&
			!hasWord(sentence, "billed|denied|bill|we|he|she|patient|pt") {
			return RoleReference
		}
		if i := wordAt(sentence, "what is|what's|explain|what"); i >= 0 && i < 12 && len(strings.Fields(sentence)) <= 7 && hasWord(sentence, "what is|what's|mean|means|explain") {
			return RoleReference
		}
		if hasWord(sentence, "can you explain|please explain|could you explain|help me understand") {
			return RoleReference
		}
	}
	if len(ms) == 1 && len(small) < 200 && strings.Trim(small[:m.Start]+small[m.End:], " \n?.!") == "" {
		return RoleReference
	}
	return RoleBilled
}

// lastOf is the phrase of the list that stands last in s.
func lastOf(s, phrases string) string {
	best, out := -1, ""
	for p := range strings.SplitSeq(phrases, "|") {
		from := 0
		for {
			i := wordAt(s[from:], p)
			if i < 0 {
				break
			}
			if from+i > best {
				best, out = from+i, p
			}
			from += i + 1
		}
	}
	return out
}

// clauseOf is the part of the sentence around at, between semicolons, dashes
// and the words that turn to the present.
func clauseOf(small string, from, to, at int) string {
	a, b := from, to
	for _, mark := range []string{";", " - ", " now ", ", now", " today", " but "} {
		if i := strings.LastIndex(small[a:at], mark); i >= 0 {
			a += i
		}
		if i := strings.Index(small[at:b], mark); i >= 0 {
			b = at + i
		}
	}
	return small[a:b]
}

const denials = "denied|denies|deny|denying|rejected|rejects|reject|disallowed|recouped|refused|bundled|bundles|bundling|not paid|unpaid|incidental|kicked back|not covered|non-covered"

// deniedBefore says whether the words right before a code deny it: "they
// denied 20610", "denied: 97140".
func deniedBefore(near string) bool {
	i := -1
	for from := 0; ; {
		j := wordAt(near[from:], "denied|denies|deny|denying|rejected|rejects|recouped|disallowed|refused|bundles|denial of|denial for")
		if j < 0 {
			break
		}
		i = from + j
		from = i + 1
	}
	if i < 0 {
		return false
	}
	rest := near[i:]
	if hasWord(rest, "with|into|as|because|since|under|to|against|when|by|was|were|not") {
		return false
	}
	if hasWord(near[:i], "not|was|were|been|is|got") {
		return false
	}
	return strings.Count(rest, " ") <= 6
}

// deniedAfter says whether the words right after a code deny it: "was denied",
// ", denied CO-97", "keeps denying". followed says that another code comes
// next, which a bare "denied" would belong to.
func deniedAfter(post string, followed bool) bool {
	i := wordAt(post, denials)
	if i < 0 || i > 45 {
		return false
	}
	head := post[:i]
	if tail := post[i:]; followed && strings.Count(strings.TrimSpace(tail), " ") == 0 && !hasWord(head, "was|were|is|are|got|been|keeps|back|being") {
		return false // "paid 11042, denied 97597"
	}
	if hasWord(head, "not|never|if|will|would|may|might|could|can|does|they|it|should|avoid|else|paid|and") || strings.ContainsAny(head, ";?") {
		return false
	}
	// Only words that lead from the code to its fate.
	for w := range strings.FieldsSeq(strings.Trim(head, " ,:(-=>")) {
		switch strings.Trim(w, ",:()->") {
		case "", "was", "were", "is", "are", "got", "been", "being", "has", "have", "had", "keeps", "keep", "gets", "get", "line", "lines", "on", "the", "claim", "also",
			"always", "both", "all", "again", "came", "back", "just", "still", "considered", "as", "same", "day", "by", "medicare", "payer", "separately", "second", "first", "one", "considered,", "only":
		default:
			if len(w) > 0 && !strings.HasPrefix(w, "co-") {
				return false
			}
		}
	}
	return true
}

// listOnly says whether only list marks and joining words stand in gap.
func listOnly(gap string) bool {
	for w := range strings.FieldsSeq(gap) {
		switch strings.Trim(w, ",;/&+()") {
		case "", "and":
		default:
			return false
		}
	}
	return true
}

// alternatives marks what is joined by "or" and "vs", and what a question puts
// in the place of something else.
func alternatives(small string, ms []Mention, links []link) {
	procedure := func(m *Mention) bool { return m.System != Modifier }
	for i := 1; i < len(ms); i++ {
		a, b := &ms[i-1], &ms[i]
		if a.System == Modifier && b.System == Modifier && links[i] == linkOr {
			a.Role, b.Role = RoleAlternative, RoleAlternative
			continue
		}
		if !procedure(a) || !procedure(b) || a.End > b.Start {
			continue
		}
		gap := small[a.End:b.Start]
		if len(gap) > 90 {
			continue
		}
		switch {
		case hasWord(gap, "instead of|rather than|in place of"):
			if a.Role == RoleBilled {
				a.Role = RoleAlternative
			}
			b.Role = RoleReplaced
		case (links[i] == linkOr || shortOr(gap)) && sameFamily(a, b):
			mark(a)
			mark(b)
			// "A, B or C": the whole list
			for k := i - 1; k > 0 && listComma(small[ms[k-1].End:max(ms[k-1].End, ms[k].Start)]) && sameFamily(&ms[k-1], &ms[k]); k-- {
				mark(&ms[k-1])
			}
		case hasWord(gap, "should it have been|should that be|should it be|should we have billed|should have been|should we bill|or should it") && sameFamily(a, b):
			if b.Role == RoleBilled {
				b.Role = RoleAlternative
			}
		case hasWord(gap, "says|say|vs") && hasWord(gap, "auditor says|coder says|biller says|partner says|they say|he says|she says|payer says|coder two says|partner got") && sameFamily(a, b):
			mark(a)
			mark(b)
		case hasWord(gap, "and|to|with") && len(gap) < 8 && a.Start > 12 && hasWord(small[max(0, a.Start-30):a.Start], "difference between|compare|choose between|choosing between|between"):
			if a.System == b.System {
				mark(a)
				mark(b)
			}
		case strings.Contains(gap, "?") && len(strings.Trim(gap, " ?")) <= 3 && sameFamily(a, b) && a.Role == RoleBilled && i+1 < len(small):
			// "99213? 99214?"
			if rest := small[b.End:min(len(small), b.End+2)]; strings.HasPrefix(rest, "?") {
				mark(a)
				mark(b)
			}
		}
	}
}

func mark(m *Mention) {
	if m.Role == RoleBilled || m.Role == RoleReference {
		m.Role = RoleAlternative
	}
}

// shortOr says whether the gap is an "or" with a word or two around it.
func shortOr(gap string) bool {
	return len(gap) < 30 && hasWord(gap, "or|vs|versus") && !strings.ContainsAny(gap, ".?;") && len(strings.Fields(gap)) <= 4
}

func listComma(gap string) bool {
	t := strings.TrimSpace(gap)
	return len(t) <= 1 && (t == "," || t == "/" || t == "")
}

// sameFamily says whether two mentions can be alternatives of one another.
func sameFamily(a, b *Mention) bool {
	p := func(s System) bool { return s == CPT || s == HCPCS || s == CDT }
	return a.System == b.System || p(a.System) && p(b.System)
}

// groups numbers the encounters, patients and claims of a text.
func groups(small string, ms []Mention, days []found, first int) int {
	if len(ms) == 0 {
		return first
	}
	breaks := groupBreaks(small, ms)
	owner := dateOwners(small, ms, days)
	group, used := first, first
	last := -1
	seen := 0
	byDate := map[string]int{}
	current := ""
	for i := range ms {
		if ms[i].Role == RoleHistory {
			continue
		}
		for seen < len(breaks) && breaks[seen] <= ms[i].Start {
			if last >= 0 && ms[last].Start < breaks[seen] {
				used++
				group = used
				current = ""
			}
			seen++
		}
		if d := owner[i]; d != "" && d != current {
			if g, ok := byDate[d]; ok {
				group = g
			} else {
				if current != "" {
					used++
					group = used
				}
				byDate[d] = group
			}
			current = d
		}
		ms[i].Group = group
		last = i
	}
	for i := range ms {
		if ms[i].Role == RoleHistory {
			ms[i].Group = first
		}
	}
	return used
}

// dateOwners gives each mention the date that its sentence ties it to: the one
// before it, or the one right behind it ("27447-RT on 12/15/2025"). It speaks
// only when the text has several dates of service or of surgery.
func dateOwners(small string, ms []Mention, days []found) []string {
	owner := make([]string, len(ms))
	distinct := map[string]bool{}
	for _, d := range days {
		if useful(d) {
			distinct[d.Date] = true
		}
	}
	if len(distinct) < 2 {
		return owner
	}
	k := 0
	for i := range ms {
		for k < len(days) && days[k].Start < ms[i].Start {
			k++
		}
		// right behind
		if k < len(days) && useful(days[k]) {
			gap := small[ms[i].End:max(ms[i].End, days[k].Start)]
			next := i+1 >= len(ms) || ms[i+1].Start > days[k].Start
			if len(gap) < 24 && next && !strings.ContainsAny(gap, ".;\n?") && hasWord(gap, "on|dos|dated|done|performed|from|in|of") {
				owner[i] = days[k].Date
				for j := i - 1; j >= 0 && owner[j] == "" && listOnly(small[ms[j].End:max(ms[j].End, ms[j+1].Start)]); j-- {
					owner[j] = days[k].Date
				}
				continue
			}
		}
		if k > 0 && useful(days[k-1]) {
			gap := small[min(days[k-1].to, ms[i].Start):ms[i].Start]
			if len(gap) < 160 && !strings.Contains(gap, "\n\n") && strings.Count(gap, ". ") == 0 {
				owner[i] = days[k-1].Date
			}
		}
	}
	return owner
}

func useful(d found) bool {
	return d.Kind == "dos" || d.Kind == "surgery" || d.Kind == "unknown" && d.Basis != "received"
}

// groupBreaks are the places at which another encounter, patient or claim
// begins: "Patient B:", "Case 2:", "third visit", and numbered lines when they
// are whole encounters.
func groupBreaks(small string, ms []Mention) []int {
	var out []int
	words := []string{"patient", "pt", "case", "claim", "encounter", "enc", "visit", "example", "scenario", "row", "chart", "mrn", "account", "acct"}
	for i := 0; i < len(small); i++ {
		if i > 0 && wordByte(small[i-1]) || !wordByte(small[i]) {
			continue
		}
		end := i
		for end < len(small) && wordByte(small[end]) {
			end++
		}
		w := small[i:end]
		switch w {
		case "second", "third", "fourth", "fifth", "another", "next", "2nd", "3rd", "4th":
			rest := strings.TrimLeft(small[end:min(len(small), end+20)], " ")
			for _, noun := range []string{"patient", "pt ", "visit", "claim", "encounter", "case", "scenario"} {
				if strings.HasPrefix(rest, noun) {
					out = append(out, i)
					break
				}
			}
		default:
			for _, noun := range words {
				if w != noun {
					continue
				}
				rest := strings.TrimLeft(small[end:min(len(small), end+12)], " #")
				if identifierMark(rest, noun) {
					out = append(out, i)
				}
			}
		}
		i = end
	}
	if lines := numberedEncounters(small, ms); len(lines) > 0 {
		out = append(out, lines...)
	}
	if segs := claimSegments(small); len(segs) > 1 {
		out = append(out, segs...)
	}
	slices.Sort(out)
	return out
}

// identifierMark says whether what follows "patient", "case" ... numbers it:
// "a:", "b ", "1", "2:".
func identifierMark(rest, noun string) bool {
	if rest == "" {
		return false
	}
	n := 0
	for n < len(rest) && wordByte(rest[n]) {
		n++
	}
	id := rest[:n]
	tail := ""
	if n < len(rest) {
		tail = rest[n:]
	}
	switch {
	case n == 0:
		return false
	case n == 1 && id[0] >= 'a' && id[0] <= 'h':
		return strings.HasPrefix(tail, ":") || strings.HasPrefix(tail, ")") || id != "a" || strings.HasPrefix(tail, " -")
	case digitsOnly([]byte(id)) && n <= 2:
		return noun != "mrn" || n > 0
	case (noun == "mrn" || noun == "account" || noun == "acct") && digitsOnly([]byte(id)):
		return true
	}
	return false
}

// numberedEncounters are the numbered lines of a text when they are whole
// encounters: at least two of them hold a visit.
func numberedEncounters(small string, ms []Mention) []int {
	var lines []int
	visits, at := 0, 0
	for from := 0; from < len(small); {
		end := strings.IndexByte(small[from:], '\n')
		if end < 0 {
			end = len(small) - from
		}
		if listMark(small[from:from+end]) > 0 {
			lines = append(lines, from)
			visit := 0
			for ; at < len(ms) && ms[at].Start < from+end; at++ {
				if m := &ms[at]; m.Start >= from && m.System == CPT && evaluation(number(m.Code)) {
					visit = 1
				}
			}
			visits += visit
		}
		from += end + 1
	}
	if visits < 2 || len(lines) < 2 {
		return nil
	}
	return lines
}

// claimSegments are the claims of X12 text.
func claimSegments(small string) []int {
	var out []int
	for _, name := range []string{"clm*", "clp*"} {
		from := 0
		for {
			i := strings.Index(small[from:], name)
			if i < 0 {
				break
			}
			at := from + i
			if at == 0 || small[at-1] == '\n' || small[at-1] == '~' {
				out = append(out, at)
			}
			from = at + 1
		}
	}
	return out
}
