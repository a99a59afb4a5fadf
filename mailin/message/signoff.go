package message

import (
	"regexp"
	"strings"
)

// signOff marks signatures, sent-from lines, contact blocks and legal notices in what was newly written. The sender's
// greeting and closing line stay.
func signOff(lines []line) {
	for start := 0; start < len(lines); {
		end := start
		for end < len(lines) && lines[end].class == classReply {
			end++
		}
		if end > start {
			signOffRun(lines[start:end])
		}
		start = end + 1
	}
}

// signOffRun looks at one run of reply lines.
func signOffRun(run []line) {
	for i, l := range run {
		if l.fixed {
			continue
		}
		switch {
		case signatureMark(l.text) && i > 0 && !onlyReplyBelow(run[i+1:]):
			sign(run[i:])
			return
		case sentFrom(l.text):
			sign(run[i : i+1])
			if rest := run[i+1:]; !hasText(rest) || legalNotice(firstText(rest)) {
				sign(rest)
				return
			}
		case legalNotice(l.text) && paragraphStart(run, i):
			// A notice goes to the end of its paragraph, and further paragraphs that are notices too follow by themselves.
			for j := i; j < len(run) && run[j].text != ""; j++ {
				run[j].class = classSignature
			}
		}
	}
	contactBlock(run)
}

func sign(lines []line) {
	for i := range lines {
		lines[i].class = classSignature
	}
}

// signatureMark is the separator of RFC 3676 section 4.3 and what programs make of it.
func signatureMark(s string) bool {
	switch s {
	case "--", "-- ", "—", "––", "__", "--\u00a0":
		return true
	}
	return len(s) >= 10 && strings.Trim(s, "_") == ""
}

// onlyReplyBelow: below the mark stands a long text with questions: it is no signature, whatever the mark says.
func onlyReplyBelow(lines []line) bool {
	n, questions := 0, 0
	for _, l := range lines {
		if l.text != "" {
			n++
		}
		if n > 30 {
			return true
		}
		if strings.HasSuffix(l.text, "?") {
			questions++
		}
	}
	return n == 0 || questions > 0 && n > 12
}

var sentFromPattern = regexp.MustCompile(`(?i)^\s*(?:sent from (?:my|mail for|yahoo|outlook|proton|samsung|the |a )|sent via |sent with |get outlook for|von meinem .{2,40} gesendet|gesendet (?:von|mit) |envoyé (?:de|depuis|à partir de) (?:mon|ma|l')|enviado desde (?:mi|el)|enviado do meu|inviato da(?:l mio)?|verzonden vanaf mijn|verstuurd vanaf mijn|skickat från min|sendt fra min|wysłane z |отправлено (?:с|из) |iphoneから送信|iphone から送信|发自我的|download outlook)`)

func sentFrom(s string) bool { return len(s) < 200 && sentFromPattern.MatchString(s) }

var legalPattern = regexp.MustCompile(`(?i)^[\s*_>\-]*(?:confidentiality (?:notice|note|statement)|confidential(?:ity)?\s*[:\-]|(?:this|the) (?:e-?mail|message|communication|transmission|electronic mail)[^.?]{0,120}(?:confidential|privileged|intended (?:only|solely|for))|the information (?:contained|transmitted) in this|the contents of this (?:e-?mail|message)|disclaimer\b|hipaa (?:notice|confidentiality)|if you (?:are not the intended|have received this)|please consider the environment|diese e-?mail (?:enthält|ist)|ce (?:message|courriel)[^.?]{0,80}confidentiel|este (?:correo|mensaje)[^.?]{0,80}confidencial|privileged (?:and|&) confidential|caution: (?:this e-?mail|external)|\[?external(?: e-?mail| sender)?\]?:? *(?:this|caution|do not))`)

func legalNotice(s string) bool { return len(s) > 12 && legalPattern.MatchString(s) }

// paragraphStart: a notice begins a paragraph, so that a sentence of a question that speaks of confidentiality stays.
func paragraphStart(run []line, i int) bool {
	return i == 0 || run[i-1].text == "" || run[i-1].class == classSignature
}

func firstText(lines []line) string {
	for _, l := range lines {
		if l.text != "" {
			return l.text
		}
	}
	return ""
}

func hasText(lines []line) bool { return firstText(lines) != "" }

var contactLine = regexp.MustCompile(`(?i)(?:^|[\s|•·])(?:(?:tel|phone|ph|p|o|office|direct|cell|mobile|m|f|fax|telefon|tél)[.:]?\s*[:.]?\s*\+?[(\d][\d\s().\-/x]{6,}|\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}|[\w.+\-]+@[\w\-]+\.[\w.\-]+|www\.\S+|https?://\S+|npi\s*[:#]?\s*\d{10})`)

var titleLine = regexp.MustCompile(`(?i)\b(?:cpc|ccs|cpma|coc|cic|crc|rhia|rhit|md|do|np|pa-c|rn|bsn|mba|manager|director|coordinator|specialist|supervisor|biller|coder|billing|physician|practice|clinic|hospital|associates|department|suite|ste|street|avenue|blvd|llc|inc)\b`)

var closingLine = regexp.MustCompile(`(?i)^(?:thanks?|thank you|many thanks|thx|best|best regards|kind regards|regards|warm regards|sincerely|cheers|respectfully|mit freundlichen grüßen|viele grüße|cordialement|saludos|mfg|vg|lg)\b[\s,.!a-z]{0,30}$`)

// contactBlock moves a block of name, title and ways to reach the sender at the end of the text to the signature: the
// last paragraph, when at least two of its lines are such, and no line asks anything. A closing line and the name right
// under it stay.
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
	if len(block) < 2 || start == 0 {
		return
	}
	contacts := 0
	for _, l := range block {
		if strings.Contains(l.text, "?") || l.fixed || len(l.text) > 120 {
			return
		}
		if contactLine.MatchString(l.text) {
			contacts++
		}
	}
	if contacts == 0 {
		return
	}
	skip := 0
	if closingLine.MatchString(block[0].text) {
		skip = 1
		if len(block) > 1 && !contactLine.MatchString(block[1].text) {
			skip = 2
		}
	} else if afterClosing(run[:start]) && !contactLine.MatchString(block[0].text) {
		skip = 1 // the name under "Thanks," of the paragraph before
	} else if contacts == 1 {
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
}

func afterClosing(lines []line) bool {
	for i := len(lines) - 1; i >= 0; i-- {
		if lines[i].text != "" {
			return closingLine.MatchString(lines[i].text)
		}
	}
	return false
}
