package message

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// contactLine is a way to reach the sender.
var contactLine = hinted(`(?i)(?:^|[\s|•·,])(?:\+\d[\d\s().\-/]{8,}|(?:tel|phone|ph|p|o|office|direct|cell|mobile|m|f|fax|telefon|tél|d|c|t|w|work|toll[- ]free)[.:]?\s*[:.]?\s*\+?[(\d][\d\s().\-/x]{6,}|` +
	`\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}|[\w.+\-]+@[\w\-]+\.[\w.\-]+|www\.\S+|https?://\S+|npi\s*[:#]?\s*\d{10})`)

var titleLine = hinted(`(?i)\b(?:cpc|ccs|cpma|coc|cic|crc|rhia|rhit|md|do|np|pa-c|rn|bsn|mba|manager|director|coordinator|specialist|supervisor|biller|coder|billing|physician|practice|clinic|hospital|associates|department|suite|ste|street|avenue|blvd|llc|inc)\b`)

var closingLine = hinted(`(?i)^(?:(?:thanks?|thank you|many thanks|thx|best|best regards|kind regards|regards|warm regards|warmly|sincerely|cheers|respectfully|all the best|with appreciation|yours truly|take care|v/r|` +
	`very respectfully|have a (?:great|good|nice) (?:day|week|weekend|evening))\b[\s,.!a-z]{0,30}|(?:mit (?:freundlichen|besten|lieben|herzlichen) grüßen|(?:viele|beste|liebe|freundliche|schöne) grüße|mfg|vg|lg|gruß|danke|cordialement|bien (?:à vous|cordialement)|` +
	`sincères salutations|merci|saludos|un saludo|atentamente|gracias|cordiali saluti|distinti saluti|saluti|grazie|atenciosamente|abraços|cumprimentos|obrigad[oa]|met vriendelijke groeten?|groeten|groet|med venlig hilsen|venlig hilsen|mvh|` +
	`(?:med )?vennlig hilsen|(?:med )?vänliga? hälsning(?:ar)?|hälsningar|ystävällisin terveisin|terveisin|pozdrawiam|z poważaniem|s pozdrave?m|s pozdravom|üdvözlettel|cu stimă|поздрави|с уважением|з повагою|saygılarımla|` +
	`lep pozdrav|srdačan pozdrav|lugupidamisega|ar cieņu|pagarbiai|με εκτίμηση|בברכה|مع تحياتي|よろしくお願い(?:いた)?します|此致|谢谢|謝謝|감사합니다|trân trọng|salam hormat)[\s,.!。\pL]{0,30})$`)

func closes(s string) bool { return len(s) < 100 && closingLine.MatchString(unsteered(s)) }

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
	// Sentences above the closing line in the same paragraph are the sender's.
	own := 0
	for i, l := range block {
		if strings.Contains(l.text, "?") || l.fixed || len(l.text) > 120 || sentence(l.text) && !closes(l.text) || clinical(l.text) {
			own = i + 1
		}
	}
	if own > 0 && (own == len(block) || !closes(block[own].text)) {
		return
	}
	start, block = start+own, block[own:]
	if len(block) < 2 || start == 0 || own == 0 && !closes(block[0].text) && announces(run[:start]) {
		return
	}
	contacts := 0
	for _, l := range block {
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
	for i := skip; i < len(block) && i < 6; i++ {
		switch text := block[i].text; {
		case closes(text):
			if skip = i + 1; skip < len(block) && !contactLine.MatchString(block[skip].text) {
				skip++
			}
		case strings.ContainsAny(text[len(text)-1:], ".!:") && !contactLine.MatchString(text) && !abbreviated.MatchString(text):
			skip = i + 1 // a sentence, however short
		}
	}
	sign(block[skip:])
	if skip == 0 {
		titleBlock(run[:start])
	}
}

// abbreviated ends with a dot that ends no sentence.
var abbreviated = regexp.MustCompile(`(?i)\b(?:inc|llc|ltd|co|corp|p\.?c|p\.?a|m\.?d|d\.?o|d\.?d\.?s|ph\.?d|jr|sr|st|ave|blvd|rd|ste|dr)\.$`)

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
		if under = closes(l.text); under || !spaced || lines > 10 || l.class != classReply || l.fixed || len(l.text) > 100 || strings.Contains(l.text, "?") || sentence(l.text) || clinical(l.text) {
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
	if contacts == 0 || contacts+titles < 2 || first == 0 || !under && announces(run[:first]) {
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
	if closes(block[0].text) {
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

// announces: the text above ends in a colon, so that what follows is part of it.
func announces(lines []line) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].text != "" {
			return strings.HasSuffix(lines[i].text, ":")
		}
	}
	return false
}

func afterClosing(lines []line) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].text != "" {
			return closes(lines[i].text)
		}
	}
	return false
}

// caseWords say that a line is about a case, not about who wrote it.
var caseWords = hinted(`(?i)\b(?:(?:patient|pt|dob|mrn|member|subscriber|policy|claim|dos|date of service|dx|diagnos[ie]s|procedures?|payer|insurance|charges?|cpt|icd(?:-?10)?|hcpcs|modifiers?|mod|units?|auth(?:orization)?)` +
	`(?: ?(?:id|no\.?|number|name|#))?\s*[:=#]|(?:cpt|icd-?10|hcpcs|modifiers?|mod|dx|dos|claim|carc|rarc)\s.{0,12}\d|denied|denial)`)

// codeShape is what codes of procedures and diagnoses look like.
var codeShape = hinted(`\b(?:\d{5}|[A-V]\d{4}|\d{4}[FTU]|[A-TV-Z]\d[0-9A-Z]\.[0-9A-Z]{1,4})\b`)

// notCode is what stands before a number of five digits that is no code: a state before its ZIP code, a box, a suite, an extension.
var notCode = regexp.MustCompile(`(?:\b(?:A[KLRZ]|C[AOT]|D[CE]|FL|GA|HI|I[ADLN]|K[SY]|LA|M[ADEINOST]|N[CDEHJMVY]|O[HKR]|P[AR]|RI|S[CD]|T[NX]|UT|V[AIT]|W[AIVY])\.?,?|` +
	`(?i:box|suite|ste|room|rm|floor|ext|x|#|license|lic|zip|npi|fax|tel|phone)\.?)[\s:#]*$|[\d)./+]$`)

var street = regexp.MustCompile(`(?i)\b(?:street|st|avenue|ave|road|rd|blvd|boulevard|drive|dr|lane|ln|way|pkwy|parkway|highway|hwy|court|ct|plaza|suite|ste)\b`)

// clinical says that a line is about a case: it names codes, or what belongs to a claim.
func clinical(s string) bool {
	if len(s) > 2000 {
		s = s[:2000]
	}
	h := hintsOf(s)
	if caseWords.within(h, s) {
		return true
	}
	if h&codeShape.bit == 0 {
		return false
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
