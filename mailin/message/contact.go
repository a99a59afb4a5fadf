package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// contactLine is a way to reach the sender.
var contactLine = regexp.MustCompile(`(?i)(?:^|[\s|•·,])(?:(?:tel|phone|ph|p|o|office|direct|cell|mobile|m|f|fax|telefon|tél|d|c|t|w|work|toll[- ]free)[.:]?\s*[:.]?\s*\+?[(\d][\d\s().\-/x]{6,}|` +
	`\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}|[\w.+\-]+@[\w\-]+\.[\w.\-]+|www\.\S+|https?://\S+|npi\s*[:#]?\s*\d{10})`)

var titleLine = regexp.MustCompile(`(?i)\b(?:cpc|ccs|cpma|coc|cic|crc|rhia|rhit|md|do|np|pa-c|rn|bsn|mba|manager|director|coordinator|specialist|supervisor|biller|coder|billing|physician|practice|clinic|hospital|associates|department|suite|ste|street|avenue|blvd|llc|inc)\b`)

var closingLine = regexp.MustCompile(`(?i)^(?:thanks?|thank you|many thanks|thx|best|best regards|kind regards|regards|warm regards|sincerely|cheers|respectfully|mit freundlichen grüßen|viele grüße|cordialement|saludos|mfg|vg|lg)\b[\s,.!a-z]{0,30}$`)

// contactBlock moves a block of name, title and ways to reach the sender at the end of the text to the signature: the last paragraph, when at
// least two of its lines are such, none asks anything and none is about a case. A closing line and the name right under it stay.
func contactBlock(run []line) {
	end := len(run)
	for end > 0 && (run[end-1].text == "" || run[end-1].class == classSignature) {
		end--
	}
	start := end
	for start > 0 && run[start-1].text != "" && run[start-1].class == classReply && end-start < 12 {
		start--
	}
	block := run[start:end]
	if len(block) == 1 && start > 0 {
		spacedBlock(run[:end])
	}
	if len(block) < 2 || start == 0 {
		return
	}
	contacts := 0
	for _, l := range block {
		if strings.Contains(l.text, "?") || l.fixed || len(l.text) > 120 || sentence(l.text) || clinical(l.text) {
			return
		}
		if contactLine.MatchString(l.text) {
			contacts++
		}
	}
	if contacts == 0 {
		return
	}
	skip := nameUnderClosing(run[:start], block)
	if skip == 0 && contacts == 1 {
		// One telephone number under a text is part of it ("call me at ..."), unless a title stands there too.
		titled := false
		for _, l := range block {
			titled = titled || titleLine.MatchString(l.text) && len(l.text) < 60
		}
		if !titled {
			return
		}
	}
	sign(block[skip:])
	if skip == 0 {
		titleBlock(run[:start])
	}
}

// sentence tells a sentence from a line of names: most of its words begin in lower case.
func sentence(s string) bool {
	words, small := 0, 0
	for word := range strings.FieldsSeq(s) {
		if r, _ := utf8.DecodeRuneInString(word); unicode.IsLetter(r) && !strings.Contains(word, "@") && !strings.Contains(word, "://") {
			words++
			if unicode.IsLower(r) {
				small++
			}
		}
	}
	return words >= 4 && small*2 > words
}

// spacedBlock is a contact block with an empty line under each of its lines, as pages of Outlook come out.
func spacedBlock(run []line) {
	contacts, titles, first, under := 0, 0, len(run), false
	for i, lines := len(run)-1, 0; i >= 0; i-- {
		l := run[i]
		if l.text == "" {
			continue
		}
		lines++
		spaced := i == 0 || run[i-1].text == ""
		if under = closingLine.MatchString(l.text); under || !spaced || lines > 10 || l.class != classReply || l.fixed || len(l.text) > 100 || strings.Contains(l.text, "?") || sentence(l.text) || clinical(l.text) {
			break
		}
		contact := contactLine.MatchString(l.text)
		if !contact && strings.ContainsAny(l.text[len(l.text)-1:], ".!:;,") {
			break
		}
		if contact {
			contacts++
		} else if titleLine.MatchString(l.text) {
			titles++
		}
		first = i
	}
	if contacts == 0 || contacts+titles < 2 || first == 0 {
		return
	}
	if under {
		for first++; first < len(run) && run[first].text == ""; first++ {
		}
	}
	sign(run[min(first, len(run)):])
}

// nameUnderClosing counts the lines at the beginning of a block that close the mail: "Thanks," and the name under it.
func nameUnderClosing(above, block []line) int {
	if closingLine.MatchString(block[0].text) {
		if len(block) > 1 && !contactLine.MatchString(block[1].text) {
			return 2
		}
		return 1
	}
	if afterClosing(above) && !contactLine.MatchString(block[0].text) {
		return 1 // the name under "Thanks," of the paragraph before
	}
	return 0
}

// titleBlock moves the name and the title in a paragraph of their own above a contact block to the signature, too.
func titleBlock(run []line) {
	end := len(run)
	for end > 0 && run[end-1].text == "" {
		end--
	}
	start, titled := end, false
	for start > 0 && run[start-1].text != "" && run[start-1].class == classReply && end-start < 5 {
		l := run[start-1]
		if l.fixed || len(l.text) > 60 || strings.ContainsAny(l.text[len(l.text)-1:], ".?!:;") || sentence(l.text) || clinical(l.text) {
			return
		}
		titled = titled || titleLine.MatchString(l.text)
		start--
	}
	if !titled || start == 0 || end-start > 4 {
		return
	}
	if skip := nameUnderClosing(run[:start], run[start:end]); skip < end-start {
		sign(run[start+skip : end])
	}
}

func afterClosing(lines []line) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].text != "" {
			return closingLine.MatchString(lines[i].text)
		}
	}
	return false
}

// caseWords say that a line is about a case, not about who wrote it.
var caseWords = regexp.MustCompile(`(?i)\b(?:(?:patient|pt|dob|mrn|member|subscriber|policy|claim|dos|date of service|dx|diagnos[ie]s|procedures?|payer|insurance|charges?|cpt|icd(?:-?10)?|hcpcs|modifiers?|mod|units?|auth(?:orization)?)` +
	`(?: ?(?:id|no\.?|number|name|#))?\s*[:=#]|(?:cpt|icd-?10|hcpcs|modifiers?|mod|dx|dos|claim|carc|rarc)\s.{0,12}\d|denied|denial)`)

// codeShape is what codes of procedures and diagnoses look like.
var codeShape = regexp.MustCompile(`\b(?:\d{5}|[A-V]\d{4}|\d{4}[FTU]|[A-TV-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4})\b`)

// notCode is what stands before a number of five digits that is no code: a state before its ZIP code, a box, a suite, an extension.
var notCode = regexp.MustCompile(`(?:\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY])\.?,?|` +
	`(?i:box|suite|ste|room|rm|floor|ext|x|#|license|lic|zip|npi|fax|tel|phone)\.?)[\s:#]*$|[\d)./+]$`)

var street = regexp.MustCompile(`(?i)\b(?:street|st|avenue|ave|road|rd|blvd|boulevard|drive|dr|lane|ln|way|pkwy|parkway|highway|hwy|court|ct|plaza|suite|ste)\b`)

// clinical says that a line is about a case: it names codes, or what belongs to a claim.
func clinical(s string) bool {
	if len(s) > 2000 {
		s = s[:2000]
	}
	if caseWords.MatchString(s) {
		return true
	}
	for _, at := range codeShape.FindAllStringIndex(s, 20) {
		code, before, after := s[at[0]:at[1]], s[max(0, at[0]-20):at[0]], s[at[1]:]
		if code[0] >= 'A' || code[4] > '9' {
			return true
		}
		house := street.MatchString(after)
		longer := len(after) >= 4 && after[0] == '-' && isDigits(after[1:4]) // ZIP+4, a telephone number
		if house || longer || notCode.MatchString(before) {
			continue
		}
		return true
	}
	return false
}

func isDigits(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
