package identifiers

import (
	"regexp"
	"strings"
)

// rule finds one form of one kind. Where the pattern has a group, only the
// group identifies; the rest is its label.
type rule struct {
	kind    string
	pattern *regexp.Regexp
	ok      func(text string, start, end int) bool // nil: every match
}

const (
	// day is a date in the forms that letters and records use.
	day = `(?:\d{1,2}[/.-]\d{1,2}[/.-](?:\d{4}|\d{2})|\d{4}[/.-]\d{1,2}[/.-]\d{1,2}|\d{8}|` +
		`\d{1,2}(?:st|nd|rd|th)?[ -](?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?,?[ -]\d{2,4}|` +
		`(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?,? \d{4})`
	// number is an identifier's own value: it holds a digit, see holdsDigits.
	number = `([a-z0-9][a-z0-9-]{2,24}[a-z0-9])`
	// sep is what stands between a label and its value.
	sep = `[ \t]*(?:is|was|=|:|#|no\.?|num(?:ber)?\.?|id|-)?[ \t]*[:#=.-]*[ \t]*`
	// segment is where a segment of X12 may begin, element what parts its values. The names of persons (NM1), where they live (N3, N4), who they are (DMG,
	// REF) and whom to call (PER) are masked; the N4 of a drug code stands within a segment.
	segment = `(?:^|[~\n])[ \t\r>]*`
	element = `[*|^]`
	// person is one to four capitalised words, perhaps "Last, First".
	person = `((?:[A-Z][a-zA-Z'’-]+|[A-Z]{2,})(?:,? (?:[A-Z][a-zA-Z'’-]+|[A-Z]\.?))*)`
)

// rules are compiled once and only read afterwards.
var rules = []rule{
	{SSN, regexp.MustCompile(`\d{3}[- ]\d{2}[- ]\d{4}`), alone},
	{SSN, regexp.MustCompile(`(?i)\b(?:ssn|ss ?#|soc(?:ial)?\.? sec(?:urity)?)(?: (?:number|no\.?|num))?` + sep + `(?:ending (?:in )?|last (?:four|4)(?: digits)? )?([x*]{0,3}-?[x*]{0,2}-?\d{4,9})`), nil},
	{MBI, regexp.MustCompile(`(?i)[1-9][ac-hj-kmnp-rt-y][0-9ac-hj-kmnp-rt-y]\d-?[ac-hj-kmnp-rt-y][0-9ac-hj-kmnp-rt-y]\d-?[ac-hj-kmnp-rt-y]{2}\d{2}`), alone},
	{MBI, regexp.MustCompile(`(?i)\d{3}-?\d{2}-?\d{4}-?[a-dtm]\d?`), aloneLong},
	{DOB, regexp.MustCompile(`(?i)\b(?:d\.?o\.?b\.?|date of birth|birth ?date|birth ?day|born(?: on)?|b-?day)\b[^\n\w]{0,6}(?:is |was )?(?:\(?(?:mm/dd/yyyy)\)?:? ?)?(` + day + `)`), nil},
	{DOB, regexp.MustCompile(`\d{1,2}[/-]\d{1,2}[/-](?:19\d\d|200[0-5])`), birthYear},
	{DOB, regexp.MustCompile(`(?:19\d\d|200[0-5])-\d{2}-\d{2}`), birthYear},
	{DOB, regexp.MustCompile(segment + `DMG` + element + `([^~\n]+)`), nil},
	{Phone, regexp.MustCompile(`(?:\+?1[-. ]?)?(?:\(\d{3}\)[ -]?|\d{3}[-. /])\d{3}[-. ]\d{4}(?:,? ?(?:x|ext\.?|extension) ?\d{1,6})?`), alone},
	{Phone, regexp.MustCompile(`(?i)\b(?:phone|ph|tel|telephone|cell|mobile|fax|call(?: me)?(?: at| on)?|text)\b[ :.#]*((?:1[-. ]?)?\d{10}|\d{3}[-. ]\d{4})`), nil},
	{Phone, regexp.MustCompile(`\d{3}-\d{4}`), alone},
	{Email, regexp.MustCompile(`[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+`), nil},
	{MRN, regexp.MustCompile(`(?i)\b(?:m\.?r\.?n\.?|mr ?#|med(?:ical)?\.? rec(?:ord)?\.?|chart|emr|ehr|patient|pt|hospital|csn|fin|har|encounter|visit)(?: ?(?:number|no\.?|num|nbr|id|#)){1,2}` + sep + number), holdsDigits(3)},
	{MRN, regexp.MustCompile(`(?i)\b(?:m\.?r\.?n\.?|medical record|csn)` + sep + number), holdsDigits(3)},
	{Member, regexp.MustCompile(`(?i)\b(?:member|subscriber|policy|insured|insurance|ins|beneficiary|medicaid|medicare|recipient|group|plan|certificate|cert|enrollee|hicn|hic|mbi)(?:'s|s)?(?: ?(?:number|no\.?|num|nbr|id|#)){1,2}` + sep + number), holdsDigits(4)},
	{Member, regexp.MustCompile(`(?i)\b(?:driver'?s? licen[cs]e|passport|dl)(?: ?(?:number|no\.?|#))?` + sep + number), holdsDigits(4)},
	{Account, regexp.MustCompile(`(?i)\b(?:account|acct)(?: ?(?:number|no\.?|num|nbr|id|#)){0,2}` + sep + number), holdsDigits(4)},
	{Account, regexp.MustCompile(`(?i)\b(?:claim|icn|dcn|tcn|ccn|auth|authorization|authorisation|referral|accession|control|confirmation)(?: ?(?:number|no\.?|num|nbr|id|#)){0,2}` + sep + number), holdsDigits(6)},
	{Account, regexp.MustCompile(segment + `CL[MP]` + element + `([^*|^~\n]+)`), nil},
	{Account, regexp.MustCompile(segment + `(?:TRN|PAT|SBR|AMT|REF)` + element + `(?:1|2|D9|F8|6R|G1|9F|9A|P4|LU|BLT|CE)` + element + `([^*|^~\n]+)`), holdsDigits(4)},
	{MRN, regexp.MustCompile(segment + `REF` + element + `EA` + element + `([^~\n]+)`), nil},
	{SSN, regexp.MustCompile(segment + `REF` + element + `SY` + element + `([^~\n]+)`), nil},
	{Member, regexp.MustCompile(segment + `REF` + element + `(?:0F|1W|1L|IG|IL|F6|Y4|23|3H|6P|NQ)` + element + `([^~\n]+)`), nil},
	{Phone, regexp.MustCompile(segment + `PER` + element + `([^~\n]+)`), nil},
	{Name, regexp.MustCompile(`(?:[Pp]atient|PATIENT|[Pp]t|PT|[Ii]nsured|INSURED|[Ss]ubscriber|SUBSCRIBER|[Bb]eneficiary|BENEFICIARY|[Gg]uarantor|GUARANTOR|[Mm]ember|MEMBER)(?:'s|’s)?(?: (?:[Nn]ame|NAME))?[ \t]*[:=][ \t]*` + person), named},
	{Name, regexp.MustCompile(`(?:[Pp]atient|PATIENT|[Pp]t|PT|[Ii]nsured|[Mm]ember|[Ss]ubscriber)(?:'s|’s)? (?:[Nn]ame|NAME)(?: is| was)?[ \t:=-]+` + person), named},
	{Name, regexp.MustCompile(`(?m)^[ \t]*(?:[Nn]ame|NAME)[ \t]*[:=][ \t]*` + person), named},
	{Name, regexp.MustCompile(`\b(?:[Pp]atient|PATIENT|[Pp]t|[Pp]atient named|[Mm]y (?:mother|father|wife|husband|son|daughter|mom|dad)) ((?:[A-Z][a-z'’-]+),? (?:[A-Z]\.? )?(?:[A-Z][a-z'’-]+))`), named},
	{Name, regexp.MustCompile(`\b(?:Mr|Mrs|Ms|Miss|Mstr|MR|MRS|MS)\.? ((?:[A-Z][a-zA-Z'’-]+)(?: [A-Z][a-zA-Z'’-]+)?)`), named},
	{Name, regexp.MustCompile(person + `[ \t,;:()/|-]{1,4}(?:(?i:dob|d\.o\.b|mrn|date of birth|ssn|member id|pt id|patient id|acct|born))\b`), named},
	{Name, regexp.MustCompile(`(?:^|\n|\b)(?:[Rr][Ee]|[Rr]egarding|[Ff][Ww][Dd]?)[:.] ?([A-Z][a-zA-Z'’-]+, [A-Z][a-zA-Z'’-]+(?: [A-Z]\.?)?)`), named},
	{Name, regexp.MustCompile(segment + `NM1` + element + `(?:IL|QC|74|QD|S1|GU|Y2|03)` + element + `[^*|^~\n]*` + element + `([^~\n]+)`), nil},
	{Address, regexp.MustCompile(`(?i)\b(?:lives (?:at|on|in)|resides (?:at|on)|residing at|(?:home|mailing|patient(?:'s)?|street)? ?address(?: is|:| -)?|home:)[ \t]*((?:p\.? ?o\.? box )?\d{1,6}[ \t][^\n,;]{3,40}(?:,? [A-Za-z .]{2,25},? [A-Z]{2} \d{5}(?:-\d{4})?)?)`), nil},
	{Address, regexp.MustCompile(`\d{1,6} (?:[NSEW]\.? |North |South |East |West )?(?:[A-Z0-9][A-Za-z0-9'.-]* ){1,4}(?:Street|St|Avenue|Ave|Road|Rd|Boulevard|Blvd|Drive|Dr|Lane|Ln|Way|Court|Ct|Circle|Cir|Place|Pl|Terrace|Ter|Trail|Trl|Pkwy|Parkway|Hwy|Highway)\b\.?(?:,? (?:Apt|Unit|Ste|Suite|#)\.? ?[A-Za-z0-9-]+)?,?\s+[A-Z][A-Za-z. ]{1,24},? [A-Z]{2} \d{5}(?:-\d{4})?`), nil},
	{Address, regexp.MustCompile(segment + `N[34]` + element + `([^~\n]+)`), nil},
}

// find appends the rule's findings.
func (r *rule) find(text string, all []Finding) []Finding {
	for _, m := range r.pattern.FindAllStringSubmatchIndex(text, -1) {
		start, end := m[0], m[1]
		if len(m) > 3 && m[2] >= 0 {
			start, end = m[2], m[3]
		}
		if r.kind == Name {
			end = trimLabels(text, start, end)
		}
		if tells(text[start:end]) && (r.ok == nil || r.ok(text, start, end)) {
			all = append(all, Finding{Kind: r.kind, Start: start, End: end})
		}
	}
	return all
}

// trimLabels takes the next label off the end of a name: "Pat Test, DOB".
func trimLabels(text string, start, end int) int {
	for {
		i := strings.LastIndexAny(text[start:end], " ,")
		if i < 0 {
			return end
		}
		switch strings.ToLower(strings.Trim(text[start+i+1:end], ".")) {
		case "dob", "mrn", "ssn", "id", "dos", "age", "cpt", "icd", "dx", "sex", "phone", "acct", "account", "member", "date", "medicare", "medicaid", "insurance", "claim", "":
			end = start + i
			for end > start && (text[end-1] == ',' || text[end-1] == ' ') {
				end--
			}
		default:
			return end
		}
	}
}

// tells says whether a match can identify at all: it holds a digit, a capital
// or an at sign. What Mask puts in its place holds none, which is why masking
// comes to an end.
func tells(s string) bool {
	for _, c := range []byte(s) {
		if digit(c) || c >= 'A' && c <= 'Z' || c == '@' {
			return true
		}
	}
	return false
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

// alone says whether the match is no part of a longer number: a drug code, a
// claim number, a ZIP with its four digits.
func alone(text string, start, end int) bool {
	if start > 0 {
		if c := text[start-1]; digit(c) || letter(c) || c == '_' {
			return false
		}
		if c := text[start-1]; (c == '-' || c == '.' || c == '/') && start > 1 && (digit(text[start-2]) || letter(text[start-2])) {
			return false
		}
	}
	if end < len(text) {
		if c := text[end]; digit(c) || letter(c) || c == '_' {
			return false
		}
		if c := text[end]; (c == '-' || c == '/') && end+1 < len(text) && digit(text[end+1]) {
			return false
		}
	}
	return true
}

// aloneLong is alone for the old Medicare claim numbers, whose nine bare
// digits and a letter are also a CLIA-like number: those with hyphens or at
// least ten characters count.
func aloneLong(text string, start, end int) bool { return end-start >= 10 && alone(text, start, end) }

// birthYear takes a full date with a birth-like year, unless the words before
// it say that it is the date of something else.
func birthYear(text string, start, end int) bool {
	if !alone(text, start, end) {
		return false
	}
	before := strings.ToLower(text[max(0, start-24):start])
	for _, w := range []string{"dos", "service", "effective", "since", "surgery", "admit", "version", "revised", "published"} {
		if strings.Contains(before, w) {
			return false
		}
	}
	return true
}

// holdsDigits makes a test for values that hold at least n digits. A value
// that is a bare code is none: "account 99213-25" is a claim line.
func holdsDigits(n int) func(string, int, int) bool {
	return func(text string, start, end int) bool {
		count := 0
		for _, c := range []byte(text[start:end]) {
			if digit(c) {
				count++
			}
		}
		return count >= n && (end == len(text) || !letter(text[end]))
	}
}

// named says whether capitalised words after a label are a person, and not the
// next label, a payer or a condition.
func named(text string, start, end int) bool {
	words := strings.FieldsFunc(text[start:end], func(r rune) bool { return r == ' ' || r == ',' })
	if len(words) == 0 {
		return false
	}
	if len(words) == 1 && len(words[0]) < 2 {
		return false
	}
	for i, w := range words {
		switch strings.ToLower(strings.TrimRight(w, ".")) {
		case "medicare", "medicaid", "aetna", "cigna", "humana", "uhc", "bcbs", "anthem", "tricare", "commercial", "self", "none", "unknown", "na",
			"advocate", "services", "service", "access", "portal", "protection", "care", "safety", "history", "presented", "presents", "has", "had", "is", "was",
			"denied", "dos", "cpt", "icd", "hcpcs", "dx", "mod", "modifier", "code", "codes", "established", "new", "medical", "billing", "accounts", "financial",
			"statement", "responsibility", "class", "status", "type", "male", "female", "age", "date", "dob", "mrn", "ssn", "id", "number", "name", "see", "reports",
			"states", "complains", "tolerated", "consented", "underwent", "returned", "required", "requires", "needs", "came", "seen", "the", "we", "our", "in",
			"on", "at", "for", "to", "and", "or", "not", "no", "yes", "left", "right", "bilateral", "same", "this", "that", "all", "any", "part", "plan",
			"coverage", "reimbursement", "payment", "claim", "auth", "authorization", "question", "denial", "appeal", "surgery", "visit", "procedure", "records",
			"provider", "doctor", "dr", "patient", "patients", "pt", "member", "insured", "subscriber", "beneficiary", "guarantor", "general", "hospital", "clinic", "center", "inc", "llc", "coding", "reply", "re", "fw", "fwd", "urgent", "redacted":
			if i == 0 || len(words) == 1 {
				return false
			}
		}
	}
	return true
}
