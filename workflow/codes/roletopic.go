package codes

import "strings"

// topics finds codes that a sentence only speaks about: "guidelines for 99291".
func (c *clause) topics(sents []stretch) {
	ms := c.ms
	at := 0
	for _, s := range sents {
		from := at
		for at < len(ms) && ms[at].Start < s.to {
			at++
		}
		if at == from {
			continue
		}
		topic := asTopic(c.text[s.from:min(s.to, s.from+600)], ms[from:at], s.from)
		for i := from; i < at; i++ {
			m := &ms[i]
			if m.Role != RoleBilled {
				continue
			}
			if topic || m.RangeEnd != "" {
				m.Role = RoleReference
			}
		}
	}
	// nothing but codes
	rest, end := 0, 0
	for i := range ms {
		if ms[i].Start >= end {
			rest += wordsIn(c.text[end:ms[i].Start])
			end = ms[i].End
		}
	}
	if len(ms) <= 6 && rest+wordsIn(c.text[end:]) == 0 && len(ms[0].Modifiers) == 0 && (len(ms) == 1 || hasWord(c.text, "lookup")) {
		for i := range ms {
			if ms[i].Role == RoleBilled {
				ms[i].Role = RoleReference
			}
		}
	}
}

// wordsIn counts the words of a stretch between codes that say something.
func wordsIn(s string) (n int) {
	for w := range strings.FieldsSeq(s) {
		switch strings.Trim(w, ".,;:?!/&+-()\"'") {
		case "", "and", "cpt", "hcpcs", "code", "codes", "icd-10", "icd10", "lookup", "please":
		default:
			n++
		}
	}
	return n
}

// asTopic says whether a sentence is about codes rather than about a claim.
func asTopic(t string, ms []Mention, from int) bool {
	if hasWord(t, "billed|denied|we bill|we billed|he|she|patient|pt|same day|with a|together|claim|did|performed") {
		return hasWord(t, "training on|in-service on|webinar on|what is the definition of|guidelines for|documentation requirements for")
	}
	if hasWord(t, "guidelines for|guideline for|guidelines on|guideline on|guidelines about|guidelines around|guidance for|guidance on|guidance about|what is cpt|what is code|which statement about|documentation needed to|needed to bill|needed to report|definition and|time rule|official guidelines say|statements about|is true about|true of|what is hcpcs|what is the code|what is icd|what is icd-10|explain|definition of|define|describe|description of|description for|meaning of|lookup|look up|tell me about|tell me what|info on|info about|information on|information about|information regarding|what does|what do|what are|rules for|rules on|rules around|documentation requirements for|requirements for|training on|train on|training about|webinar on|education on|presentation on|policy on|policy for|lcd for|article for|crosswalk for|crosswalks for|help me understand|mue for|global for|global period for|global period of|global days for|global days of|rvu for|rvus for|descriptor for|what's included in|what is included in|resources on|resources for|reference for|cheat sheet for|tip sheet for|any info on|read up on|learn about|walk me through|overview of|refresher on|anything on|how does|how do i use|when to use|when should|when can|who can bill|who can report|what's new with|what is new with|documentation for|criteria for|documentation needed for|what modifiers|which modifiers|intended use of|full description|long description|short description|official description|what counts as") {
		return true
	}
	i := wordAt(t, "what is|what's|explain|what")
	return i >= 0 && i < 12 && len(strings.Fields(t)) <= 7 && hasWord(t, "what is|what's|mean|means|explain")
}
